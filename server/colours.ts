import picocolors from 'picocolors';

const { NO_COLOR, FORCE_COLOR } = process.env;

/** Plain when piped, also where a CI's environment would have picocolors colour a file. NO_COLOR and FORCE_COLOR have the last word. */
export const pc = picocolors.createColors((NO_COLOR ?? '') === '' && ((FORCE_COLOR ?? '') !== '' ? FORCE_COLOR !== '0' : process.stdout.isTTY === true && process.env.TERM !== 'dumb'));
