/**
 * Owns: one JSON line per log entry, without secrets whatever is handed in.
 * Does not own: what is worth a line; the edge that owns a failure logs it, once.
 * Example: `createLogger({ name: 'api', level: 'info' }).info({ port: 3000 }, 'listening')`.
 */
import { pino, stdSerializers, type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from './config';

export type { Logger };

export interface LoggerOptions {
  /** The process that speaks: api, worker, gateway. */
  readonly name: string;
  readonly level: LogLevel;
  /** Where the lines go; standard output when left out. */
  readonly destination?: DestinationStream;
}

const REDACTED = '[redacted]';
const DEPTH_MAX = 6;

// Compared without case, dashes and underscores, so that cardNumber, card_number and Card-Number agree.
const SECRET_KEYS = new Set(
  `authorization proxyauthorization cookie setcookie password passphrase
   secret secrethash clientsecret webhooksecret webhooksecrets operatorkey
   apikey privatekey token accesstoken refreshtoken signature rawbody
   card cardnumber pan cvc cvv expiry upiid methodreference`.split(/\s+/),
);

const BINDINGS = ['authorization', 'password', 'secret', 'token', 'apiKey', 'api_key'] as const;

// Secrets that travel inside longer texts: API keys, passwords in addresses, bearer tokens.
const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\btg_(live|test)_[A-Za-z0-9_-]{4,}/g, `tg_$1_${REDACTED}`],
  [/(\w+:\/\/[^\s:/@]+:)[^\s@/]+@/g, `$1${REDACTED}@`],
  [/\b(Bearer) +[^\s"']+/gi, `$1 ${REDACTED}`],
];
const CARD_NUMBER = /\b\d(?:[ -]?\d){13,18}\b/g;

/** A logger whose entries never carry keys, passwords, signatures, card or UPI data. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      name: options.name,
      level: options.level,
      timestamp: pino.stdTimeFunctions.isoTime,
      // Bindings of child loggers pass no formatter, only this.
      redact: { paths: [...BINDINGS], censor: REDACTED },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redactFields(fields, 0),
      },
      serializers: { err: redactError, error: redactError },
      hooks: {
        logMethod(parts, method) {
          // Without a message of its own, pino copies the error's: give it the masked one.
          const [first] = parts;
          const all = parts.length === 1 && isError(first) ? [first, first.message] : parts;
          const masked = all.map((part) => (typeof part === 'string' ? redactText(part) : part));
          Reflect.apply(method, this, masked);
        },
      },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

function redactError(error: unknown): unknown {
  return error instanceof Error ? redact(stdSerializers.err(error), 0) : redact(error, 0);
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth >= DEPTH_MAX) return '[deeper]';
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return redact(stdSerializers.err(value), depth + 1);
  return redactFields(value, depth);
}

function redactFields(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]: [string, unknown]) => {
      if (SECRET_KEYS.has(plain(key))) return [key, REDACTED];
      // pino hands Error values to the serializer, which redacts them itself.
      const isLeftToSerializer = depth === 0 && value instanceof Error;
      return [key, isLeftToSerializer ? value : redact(value, depth + 1)];
    }),
  );
}

function redactText(text: string): string {
  return SECRET_TEXTS.reduce(
    (masked, [pattern, mask]) => masked.replace(pattern, mask),
    text.replace(CARD_NUMBER, (digits) => (isCardNumber(digits) ? '[redacted card]' : digits)),
  );
}

/** The check digit every card number has (ISO/IEC 7812): amounts and ids rarely pass it. */
function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '').split('').map(Number).reverse();
  const sum = digits.reduce((total, digit, position) => {
    const doubled = position % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

function isError(value: unknown): value is Error {
  return value instanceof Error;
}

function plain(key: string): string {
  return key.toLowerCase().replaceAll(/[-_]/g, '');
}
