/** Names come from profiles: controls and characters that change the direction of text become visible stand-ins. */
export function safeText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
