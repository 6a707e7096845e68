/**
 * The regular expressions that every reader of a rule takes: RE2 (Envoy, and polaris-go in its RE2 mode) and java.util.regex. One expression
 * that a reader cannot compile costs it all rules of the service (SDKs) or the whole route configuration (Envoy), so they are checked here.
 * What the dialects read differently is refused as well: named groups, `\Q…\E`, `\pL` without braces, an unescaped `[` or `&&` in a class, `{` as a
 * letter.
 */

class Malformed extends Error {}

const CATEGORIES = new Set(
  'L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Co Cs'.split(' '),
);
const REPETITIONS_MAX = 1000;
const DEPTH_MAX = 100;

/** Reads an expression from its beginning to its end. @throws Malformed */
class Scanner {
  #at = 0;
  readonly #text: readonly string[];

  constructor(text: string) {
    this.#text = [...text];
  }

  whole(): void {
    this.#alternatives(0);
    if (this.#peek() !== undefined) throw new Malformed('has a ) without a (');
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #next(): string | undefined {
    return this.#text[this.#at++];
  }

  #takes(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.#text.slice(this.#at, this.#at + 64).join(''))?.[0];
    if (found !== undefined) this.#at += [...found].length;
    return found;
  }

  #alternatives(depth: number): void {
    if (depth > DEPTH_MAX) throw new Malformed(`nests groups deeper than ${DEPTH_MAX}`);
    for (let next = this.#peek(); next !== undefined && next !== ')'; next = this.#peek()) {
      const repeatable = this.#atom(depth);
      this.#repetition(repeatable);
    }
  }

  /** @returns whether what was read can be repeated. */
  #atom(depth: number): boolean {
    const letter = this.#next() ?? '';
    switch (letter) {
      case '(':
        return this.#group(depth);
      case '[':
        return this.#class();
      case '\\':
        return this.#escape() !== 'edge';
      case '|':
      case '^':
      case '$':
        return false;
      case '{':
        throw new Malformed('has a { that is no repetition; write \\{');
      case '*':
      case '+':
      case '?':
        throw new Malformed(`has a ${letter} with nothing to repeat`);
      default:
        return true;
    }
  }

  #repetition(repeatable: boolean): void {
    const found = this.#takes(/^(?:[*+?]|\{\d{1,6}(?:,\d{0,6})?\})/);
    if (found === undefined) return;
    if (!repeatable) throw new Malformed(`has a ${found} with nothing to repeat`);
    const [from, to] = found.startsWith('{') ? found.slice(1, -1).split(',') : [];
    if (Math.max(Number(from ?? 0), Number(to ?? 0)) > REPETITIONS_MAX)
      throw new Malformed(`repeats more than ${REPETITIONS_MAX} times`);
    if (to !== undefined && to !== '' && Number(to) < Number(from))
      throw new Malformed(`has the empty repetition ${found}`);
    if (this.#peek() === '?') this.#next();
    const more = this.#takes(/^[*+?]/);
    if (more !== undefined) throw new Malformed(`has a ${more} with nothing to repeat`);
  }

  #group(depth: number): boolean {
    if (this.#peek() === '?') {
      const opening = this.#takes(/^\?(?:[ims]*(?:-[ims]+)?:|[ims]+(?:-[ims]+)?\)|-[ims]+\))/);
      if (opening === undefined)
        throw new Malformed(
          'has a group of a kind that RE2 has not, or a named one: only (…), (?:…) and (?i) are possible',
        );
      if (opening.endsWith(')')) return false;
    }
    this.#alternatives(depth + 1);
    if (this.#next() !== ')') throw new Malformed('has a ( without a )');
    return true;
  }

  #class(): boolean {
    if (this.#peek() === '^') this.#next();
    if (this.#peek() === ']') throw new Malformed('has an empty class; write \\] for the letter');
    for (let last = this.#member(); this.#peek() !== ']'; last = this.#member(last));
    this.#next();
    return true;
  }

  /** @returns the letter that was read, when a range may begin with it. */
  #member(before?: string): string | undefined {
    const letter = this.#next();
    if (letter === undefined) throw new Malformed('has a [ without a ]');
    if (letter === '[') throw new Malformed('has a [ in a class; write \\[');
    if (letter === '&' && this.#peek() === '&') throw new Malformed('has && in a class; write one &');
    if (letter === '-' && before !== undefined && this.#peek() !== ']') {
      this.#range(before);
      return undefined;
    }
    if (letter !== '\\') return letter;
    const kind = this.#escape();
    if (kind === 'edge') throw new Malformed('has an escape in a class that stands for no letter');
    return kind === 'set' ? undefined : kind;
  }

  #range(from: string): void {
    const to = this.#member();
    if (to === undefined || (to.codePointAt(0) ?? 0) < (from.codePointAt(0) ?? 0))
      throw new Malformed('has a range in a class that is empty');
  }

  /** @returns `edge`: a place between letters; `set`: several letters; else the letter. */
  #escape(): string {
    const letter = this.#next();
    if (letter === undefined) throw new Malformed('ends with a \\');
    if (/[dDsSwW]/.test(letter)) return 'set';
    if (/[bBAz]/.test(letter)) return 'edge';
    if (/[tnrf]/.test(letter)) return { t: '\t', n: '\n', r: '\r', f: '\f' }[letter] ?? letter;
    if (/[pP]/.test(letter)) return this.#category();
    if (letter === 'x') {
      const hex = this.#takes(/^[0-9a-fA-F]{2}/);
      if (hex === undefined) throw new Malformed('has a \\x without two hexadecimal digits');
      return String.fromCharCode(parseInt(hex, 16));
    }
    if (/[1-9]/.test(letter)) throw new Malformed(`refers back to a group (\\${letter}), which RE2 cannot`);
    if (/[\p{L}\p{N}]/u.test(letter)) throw new Malformed(`has the unknown escape \\${letter}`);
    return letter;
  }

  #category(): string {
    const name = this.#takes(/^\{[A-Za-z]+\}/)?.slice(1, -1) ?? '';
    if (!CATEGORIES.has(name)) throw new Malformed('has a \\p of an unknown category; \\p{L} and \\p{Nd} are such');
    return 'set';
  }
}

/** What is wrong with a regular expression, as it reads on after the field's name; undefined: nothing. */
export const regularExpressionProblem = (text: string): string | undefined => {
  try {
    new Scanner(text).whole();
    return undefined;
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    throw error;
  }
};
