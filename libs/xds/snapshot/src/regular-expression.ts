/**
 * Regular expressions as RE2 reads them, which is what Envoy compiles. Labels of instances are compared here, by following all
 * alternatives at once: time is text × program, where the language's own RegExp may take for ever on an operator's text.
 */
export interface RegularExpression {
  /** Whether the whole text matches. */
  matches(text: string): boolean;
  /** About how large RE2's program is, rather more than less. */
  readonly programSize: number;
}

export type ReadExpression =
  | { readonly ok: true; readonly expression: RegularExpression }
  /** Reads on after "the expression". */
  | { readonly ok: false; readonly problem: string };

type Letter = (letter: string) => boolean;
type Edge = (before: string | undefined, after: string | undefined) => boolean;
type Step =
  | { readonly op: 'letter'; readonly is: Letter; readonly size: number }
  | { readonly op: 'edge'; readonly is: Edge }
  /** Goes on at both, given relative to this step. */
  | { readonly op: 'fork'; readonly to: readonly [number, number] };
type Program = readonly Step[];

/** `repetitions` is the product of the counted repetitions that lie in each other: RE2 allows 1,000. */
interface Part {
  readonly program: Program;
  readonly repetitions: number;
}
interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

class Unreadable extends Error {}

const PROGRAM_MAX = 2000;
const REPETITIONS_MAX = 1000;
const DEPTH_MAX = 100;

const EMPTY: Part = { program: [], repetitions: 1 };
const partOf = (...program: Step[]): Part => ({ program, repetitions: 1 });

const program = (steps: Program): Program => {
  if (steps.length > PROGRAM_MAX) throw new Unreadable('is too large');
  return steps;
};
const inRow = (parts: readonly Part[]): Part => ({
  program: program(parts.flatMap((part) => part.program)),
  repetitions: Math.max(1, ...parts.map((part) => part.repetitions)),
});
const either = (a: Part, b: Part): Part => ({
  program: program([fork(1, a.program.length + 2), ...a.program, fork(b.program.length + 1), ...b.program]),
  repetitions: Math.max(a.repetitions, b.repetitions),
});
const fork = (to: number, or = to): Step => ({ op: 'fork', to: [to, or] });
const optional = ({ program: steps }: Part): Program => [fork(1, steps.length + 1), ...steps];
const endless = ({ program: steps }: Part): Program => [fork(1, steps.length + 2), ...steps, fork(-steps.length - 1)];

const repeated = (part: Part, from: number, to: number | undefined): Part => {
  const repetitions = part.repetitions * Math.max(1, from, to ?? 0);
  const copies = Math.max(from, to ?? from + 1);
  if (copies * part.program.length > PROGRAM_MAX) throw new Unreadable('is too large');
  const required = Array.from({ length: from }, () => part.program);
  const rest = to === undefined ? [endless(part)] : Array.from({ length: to - from }, () => optional(part));
  return { program: program([...required, ...rest].flat()), repetitions };
};

/** Code points from–to. */
type Ranges = readonly (readonly [number, number])[];
const code = (letter: string): number => letter.codePointAt(0) ?? 0;
const DIGITS: Ranges = [[0x30, 0x39]];
const WORD: Ranges = [...DIGITS, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const SPACE: Ranges = [
  [0x09, 0x0a],
  [0x0c, 0x0d],
  [0x20, 0x20],
];
const SETS: Readonly<Record<string, Ranges>> = { d: DIGITS, w: WORD, s: SPACE };

const within =
  (ranges: Ranges): Letter =>
  (letter) => {
    const at = code(letter);
    return ranges.some(([from, to]) => from <= at && at <= to);
  };
const isWord = (letter: string | undefined): boolean => letter !== undefined && within(WORD)(letter);
const not =
  (is: Letter): Letter =>
  (letter) =>
    !is(letter);

/** Set of letters with the size it has in a program. */
interface LetterSet {
  readonly is: Letter;
  readonly size: number;
}

const folded =
  (is: Letter): Letter =>
  (letter) =>
    is(letter) || is(letter.toLowerCase()) || is(letter.toUpperCase());
const stepOf = ({ is, size }: LetterSet, { i }: Flags): Step => ({ op: 'letter', is: i ? folded(is) : is, size });
const exactly = (letter: string): LetterSet => ({
  is: (other) => other === letter,
  size: Buffer.byteLength(letter),
});

const BOUNDARY: Edge = (before, after) => isWord(before) !== isWord(after);
const EDGES: Readonly<Record<string, Edge>> = {
  A: (before) => before === undefined,
  z: (_, after) => after === undefined,
  b: BOUNDARY,
  B: (before, after) => !BOUNDARY(before, after),
};
const LINE_START: Edge = (before) => before === undefined || before === '\n';
const LINE_END: Edge = (_, after) => after === undefined || after === '\n';

class Reader {
  #at = 0;
  readonly #letters: readonly string[];

  constructor(text: string) {
    this.#letters = [...text];
  }

  whole(): Part {
    const part = this.#alternatives({ i: false, m: false, s: false }, 0);
    if (this.#peek() !== undefined) throw new Unreadable('has a ) without a (');
    return part;
  }

  #peek(): string | undefined {
    return this.#letters[this.#at];
  }

  #next(): string {
    const letter = this.#letters[this.#at++];
    if (letter === undefined) throw new Unreadable('ends too early');
    return letter;
  }

  #takes(pattern: RegExp): RegExpExecArray | undefined {
    const found = pattern.exec(this.#letters.slice(this.#at, this.#at + 40).join(''));
    if (!found) return undefined;
    this.#at += [...found[0]].length;
    return found;
  }

  #alternatives(flags: Flags, depth: number): Part {
    if (depth > DEPTH_MAX) throw new Unreadable('nests too deep');
    const parts: Part[] = [];
    let inForce = flags;
    for (let next = this.#peek(); next !== undefined && next !== ')'; next = this.#peek()) {
      if (next === '|') {
        this.#next();
        return either(inRow(parts), this.#alternatives(inForce, depth + 1));
      }
      const set = this.#takes(/^\(\?([ims]*)(?:-([ims]+))?\)/);
      if (set) inForce = withFlags(inForce, set);
      else parts.push(this.#repetition(this.#atom(inForce, depth)));
    }
    return inRow(parts);
  }

  #atom(flags: Flags, depth: number): Part {
    const letter = this.#next();
    if (letter === '(') return this.#group(flags, depth);
    if (letter === '[') return partOf(stepOf(this.#class(), flags));
    if (letter === '\\') return this.#escaped(flags);
    if (letter === '^') return partOf({ op: 'edge', is: flags.m ? LINE_START : EDGES['A']! });
    if (letter === '$') return partOf({ op: 'edge', is: flags.m ? LINE_END : EDGES['z']! });
    if (letter === '.') return partOf({ op: 'letter', is: (other) => flags.s || other !== '\n', size: 3 });
    if ('*+?{'.includes(letter)) throw new Unreadable(`has a ${letter} with nothing to repeat`);
    return partOf(stepOf(exactly(letter), flags));
  }

  #repetition(part: Part): Part {
    const [all, from, comma, to] = this.#takes(/^(?:[*+?]|\{(\d{1,4})(,)?(\d{1,4})?\})/) ?? [];
    if (all === undefined) return part;
    if (this.#peek() === '?') this.#next(); // lazy or not, the same texts match
    if (/[*+?{]/.test(this.#peek() ?? '')) throw new Unreadable('repeats a repetition');
    if (all === '*') return repeated(part, 0, undefined);
    if (all === '+') return repeated(part, 1, undefined);
    if (all === '?') return repeated(part, 0, 1);
    const least = Number(from);
    const most = comma === undefined ? least : to === undefined ? undefined : Number(to);
    const result = most !== undefined && most < least ? undefined : repeated(part, least, most);
    if (!result || result.repetitions > REPETITIONS_MAX)
      throw new Unreadable(`repeats ${REPETITIONS_MAX.toLocaleString('en')} times and more, or less than never`);
    return result;
  }

  #group(flags: Flags, depth: number): Part {
    const opening = this.#takes(/^\?([ims]*)(?:-([ims]+))?:/);
    if (!opening && this.#peek() === '?') throw new Unreadable('has a group of a kind that RE2 has not');
    const part = this.#alternatives(opening ? withFlags(flags, opening) : flags, depth + 1);
    if (this.#peek() !== ')') throw new Unreadable('has a ( without a )');
    this.#next();
    return part;
  }

  #escaped(flags: Flags): Part {
    const edge = EDGES[this.#peek() ?? ''];
    if (edge) {
      this.#next();
      return partOf({ op: 'edge', is: edge });
    }
    const found = this.#escape();
    return partOf(stepOf(typeof found === 'string' ? exactly(found) : found, flags));
  }

  /** What stands behind a backslash: a letter, or a set of them. */
  #escape(): string | LetterSet {
    const letter = this.#next();
    const ranges = SETS[letter.toLowerCase()];
    if (ranges) return { is: letter in SETS ? within(ranges) : not(within(ranges)), size: 2 * ranges.length };
    const plain = { t: '\t', n: '\n', r: '\r', f: '\f' }[letter];
    if (plain !== undefined) return plain;
    if (letter === 'p' || letter === 'P') return this.#category(letter === 'P');
    if (letter === 'x') return String.fromCharCode(parseInt(this.#takes(/^[0-9a-fA-F]{2}/)?.[0] ?? '', 16) || 0);
    if (/[\p{L}\p{N}]/u.test(letter)) throw new Unreadable(`has the escape \\${letter}`);
    return letter;
  }

  #category(negated: boolean): LetterSet {
    const [, caret = '', name] =
      this.#takes(/^(?:\{(\^?)([A-Z][a-z]?)\}|()([A-Z]))/)?.filter((x) => x !== undefined) ?? [];
    if (name === undefined) throw new Unreadable('has an unknown \\p');
    const one = new RegExp(`^\\p{${name}}$`, 'u');
    const is: Letter = (letter) => one.test(letter);
    return { is: negated === (caret === '^') ? is : not(is), size: 20 };
  }

  #class(): LetterSet {
    const negated = this.#takes(/^\^/) !== undefined;
    const members: LetterSet[] = [];
    do members.push(this.#member());
    while (this.#peek() !== ']');
    this.#next();
    const is: Letter = (letter) => members.some((member) => member.is(letter));
    return { is: negated ? not(is) : is, size: members.reduce((sum, { size }) => sum + size, 1) };
  }

  #member(): LetterSet {
    const from = this.#inClass();
    if (typeof from !== 'string') return from;
    if (this.#letters[this.#at + 1] === ']' || !this.#takes(/^-/)) return exactly(from);
    const to = this.#inClass();
    if (typeof to !== 'string' || code(to) < code(from)) throw new Unreadable('has an empty range in a class');
    return { is: within([[code(from), code(to)]]), size: 2 };
  }

  #inClass(): string | LetterSet {
    const letter = this.#next();
    return letter === '\\' ? this.#escape() : letter;
  }
}

const withFlags = (flags: Flags, [, on = '', off = '']: RegExpExecArray): Flags => {
  const flag = (name: keyof Flags) => !off.includes(name) && (flags[name] || on.includes(name));
  return { i: flag('i'), m: flag('m'), s: flag('s') };
};

/** The steps at which letters are awaited, from `at` on without taking one; the end of the program is one of them. */
const follow = (
  steps: Program,
  at: number,
  edge: readonly [string | undefined, string | undefined],
  into: Set<number>,
  seen: Set<number>,
): void => {
  const open = [at];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const step = steps[next];
    if (step?.op === 'fork') open.push(next + step.to[0], next + step.to[1]);
    else if (step?.op === 'edge') {
      if (step.is(edge[0], edge[1])) open.push(next + 1);
    } else into.add(next);
  }
};

const matchesWhole = (steps: Program, text: string): boolean => {
  const letters = [...text];
  let waiting = new Set<number>();
  follow(steps, 0, [undefined, letters[0]], waiting, new Set());
  for (const [i, letter] of letters.entries()) {
    const next = new Set<number>();
    const seen = new Set<number>();
    for (const at of waiting) {
      const step = steps[at];
      if (step?.op === 'letter' && step.is(letter)) follow(steps, at + 1, [letter, letters[i + 1]], next, seen);
    }
    waiting = next;
    if (waiting.size === 0) return false;
  }
  return waiting.has(steps.length);
};

/** Reads an expression that was checked when the rule was written; what RE2 may still refuse is refused here. */
export const readExpression = (text: string): ReadExpression => {
  try {
    const { program: steps } = text === '' ? EMPTY : new Reader(text).whole();
    const programSize = steps.reduce((sum, step) => sum + (step.op === 'letter' ? step.size : 1), 8);
    return { ok: true, expression: { matches: (value) => matchesWhole(steps, value), programSize } };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, problem: error.message };
    throw error;
  }
};
