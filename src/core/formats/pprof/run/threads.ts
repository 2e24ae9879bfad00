/** Threads of one file by name; of several with one name all but the first say their number, too. */
export class Threads {
  readonly names: string[] = [];
  private readonly known = new Map<string, number>();
  private readonly ofText = new Map<number, number>();
  private readonly first = new Map<string, number>();

  constructor(private readonly texts: readonly string[]) {}

  /** @param text row of its name, 0 for none */
  row(text: number, id: number | string | undefined): number {
    if (id !== undefined && typeof id !== 'string') return this.rowOf(this.nameOf(text === 0 ? '' : this.texts[text]!, id));
    if (text === 0) return this.rowOf(`thread ${id}`);
    let row = this.ofText.get(text);
    if (row === undefined) {
      row = this.rowOf(this.texts[text]!);
      this.ofText.set(text, row);
    }
    return row;
  }

  private nameOf(name: string, id: number): string {
    if (name === '') return `thread ${id}`;
    const first = this.first.get(name) ?? id;
    this.first.set(name, first);
    return first === id ? name : `${name} (${id})`;
  }

  private rowOf(name: string): number {
    let row = this.known.get(name);
    if (row === undefined) {
      row = this.names.push(name) - 1;
      this.known.set(name, row);
    }
    return row;
  }
}
