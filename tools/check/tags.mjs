// Every project carries exactly one `scope:` and one `type:` tag: a project without them would be under no boundary at all.
import { projects } from '../workspace.mjs';

const KINDS = ['scope:', 'type:'];

/** One sentence for each project whose tags are wrong. */
export const wrongTags = (all = projects()) =>
  all.flatMap(({ name, tags }) =>
    KINDS.map((kind) => [kind, tags.filter((tag) => tag.startsWith(kind)).length])
      .filter(([, count]) => count !== 1)
      .map(([kind, count]) => `${name} has ${count} tags that start with ${kind}, not one`),
  );

if (process.argv[1] === import.meta.filename) {
  const wrong = wrongTags();
  for (const sentence of wrong) console.log(sentence);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
