/** A file of the full size: whose format it is of (the id in the registry), what it is like, and how it is made. */
export type BoundsCase = readonly [format: string, like: string, make: () => Uint8Array];
