import { RequestRefused } from '../problem.js';
import { asJson, type Answer } from './writes.js';

/** The path of a thing of `/v1`: its names, percent-encoded. */
export const apiPath = (...names: readonly string[]): string => `/v1/${names.map(encodeURIComponent).join('/')}`;

/** 201 with what was made and where it is. */
export const created = (location: string, view: object | undefined): Answer => ({
  status: 201,
  location,
  ...(view && { body: asJson(view) }),
});

/** 200 with how it is now. */
export const changed = (view: object | undefined): Answer => ({ status: 200, ...(view && { body: asJson(view) }) });

/** 204. */
export const DELETED: Answer = { status: 204 };

/** What the validation of a domain returns. */
type Read<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly field: string; readonly message: string };

/** The value that was read. @throws RequestRefused 400 naming the field. */
export const valid = <T>(read: Read<T>): T => {
  if (read.ok) return read.value;
  const { field, message } = read;
  throw new RequestRefused(400, 'INVALID_ARGUMENT', message, [{ field, message }]);
};
