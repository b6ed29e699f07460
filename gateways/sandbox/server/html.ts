/**
 * Owns: HTML text that is safe by construction: every value put into a template is escaped, unless
 * it is HTML of this kind itself.
 * Example: `html`<b>${'<script>'}</b>`` is `<b>&lt;script&gt;</b>`.
 */
export interface Html {
  readonly markup: string;
}

type Value = string | Html | readonly Html[];

/** A template whose string values are escaped, fit for text and for quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  const markup = parts.reduce((text, part, index) => {
    const value = values[index - 1];
    return text + (value === undefined ? '' : toMarkup(value)) + part;
  }, '');
  return { markup };
}

/** Text of ours that is HTML or CSS already. Never for a value that came from outside. */
export function trusted(markup: string): Html {
  return { markup };
}

export const NOTHING: Html = { markup: '' };

function toMarkup(value: Value): string {
  if (typeof value === 'string') return escapeText(value);
  if ('markup' in value) return value.markup;
  return value.map((part) => part.markup).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
