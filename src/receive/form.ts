import { notAProfile } from './refusal.js';

/** One part of a form. */
export interface Part {
  readonly name: string;
  readonly fileName: string;
  readonly content: Uint8Array;
}

/** The parts of a form (`multipart/form-data`), which is whole in memory. @throws Refusal for what is none */
export async function readForm(body: Uint8Array<ArrayBuffer>, contentType: string): Promise<Part[]> {
  const found: Part[] = [];
  try {
    const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
    for (const [name, value] of form) {
      // A part without a file's name is read as text, which would harm a profile.
      if (typeof value === 'string') found.push({ name, fileName: '', content: Buffer.from(value) });
      else found.push({ name, fileName: value.name, content: new Uint8Array(await value.arrayBuffer()) });
    }
  } catch {
    throw notAProfile('The form is damaged, or it ends too early.');
  }
  return found;
}

export function isForm(contentType: string): boolean {
  return /^multipart\/form-data\b/i.test(contentType);
}
