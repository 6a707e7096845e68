type Content = null | undefined | boolean | number | string | object;

/** Whether two JSON values hold the same, whatever the order of their keys; an absent key equals an undefined one. */
export const sameContent = (a: Content, b: Content): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const left = new Map<string, Content>(Object.entries(a));
  const right = new Map<string, Content>(Object.entries(b));
  for (const [key, value] of left) if (!sameContent(value, right.get(key))) return false;
  for (const [key, value] of right) if (value !== undefined && !left.has(key)) return false;
  return true;
};
