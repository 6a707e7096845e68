/** What is asked of the program, from the arguments that are no flags; or what is wrong with them. */
export type Command =
  | { readonly kind: 'start' }
  | { readonly kind: 'wipe' }
  | { readonly kind: 'config' }
  | { readonly kind: 'refused'; readonly sentence: string };

/** More than one word is refused: `wipe DIRECTORY` would otherwise delete the data of another directory than the one it names. */
export const commandOf = ([name, ...more]: readonly string[]): Command => {
  if (name !== undefined && name !== 'wipe' && name !== 'config')
    return { kind: 'refused', sentence: `unknown command "${name}": only wipe and config are; see --help` };
  if (more.length > 0)
    return {
      kind: 'refused',
      sentence: `${name} takes no "${more[0]}": --data-dir says which directory is meant; see --help`,
    };
  return { kind: name ?? 'start' };
};
