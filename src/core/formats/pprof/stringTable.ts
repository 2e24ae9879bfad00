import type { Profile } from '../../model/profile.js';

/** The profile's strings under their own indexes, and further ones after them. */
export class StringTable {
  readonly all: string[];
  private readonly known: Map<string, number>;

  constructor(profile: Profile) {
    this.all = [...profile.strings];
    this.known = new Map(this.all.map((string, index) => [string, index]));
  }

  index(string: string): number {
    const known = this.known.get(string);
    if (known !== undefined) return known;
    this.known.set(string, this.all.length);
    return this.all.push(string) - 1;
  }
}
