const ESCAPED: Readonly<Record<string, string>> = { '\0': '\\0', "'": "\\'", '\\': '\\\\' };

/** A string literal. Holds for the sql_mode that every connection of ours sets (no NO_BACKSLASH_ESCAPES). */
export const text = (value: string): string => `'${value.replace(/[\0'\\]/g, (found) => ESCAPED[found] ?? found)}'`;
