const two = (number: number): string => String(number).padStart(2, '0');

/** Unix milliseconds as `YYYY-MM-DD hh:mm:ss` in the zone of the server, the form that the SDKs parse. */
export const localTime = (timeMs: number): string => {
  const time = new Date(timeMs);
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
};
