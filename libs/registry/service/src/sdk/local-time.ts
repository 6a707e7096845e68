const two = (number: number): string => String(number).padStart(2, '0');

const written = (timeMs: number): string => {
  const time = new Date(timeMs);
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
};

// Instances that are encoded one after the other were mostly registered in the same second.
let newest = { second: Number.NaN, text: '' };

/** Unix milliseconds as `YYYY-MM-DD hh:mm:ss` in the zone of the server, the form that the SDKs parse. */
export const localTime = (timeMs: number): string => {
  const second = Math.floor(timeMs / 1000);
  if (second !== newest.second) newest = { second, text: written(timeMs) };
  return newest.text;
};
