const left = new Set<() => void>();

/** Registers what must not outlive the suite even when a test fails half-way. Returns how to take it back. */
export const atEnd = (clean: () => void): (() => void) => {
  left.add(clean);
  return () => void left.delete(clean);
};

/** Runs what was registered and not taken back. */
export const cleanUp = (): void => {
  for (const clean of left) clean();
  left.clear();
};
