/**
 * The shapes of requests as Stripe publishes them: the types of the pinned SDK, which Stripe generates from its
 * OpenAPI description of the pinned API version. They are read where they are installed, so that they cannot
 * go stale, and a request is held against them field by field, as Stripe does.
 * Example: `payment_method_types` in a Checkout Session is `parameter_unknown` since 2026-10-28.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import type { FormFields, FormValue } from './form';

export interface ShapeProblem {
  readonly code: 'parameter_unknown' | 'parameter_missing' | 'parameter_invalid';
  readonly param: string;
}

/** The parameters of each call we make: the file of the SDK, and the interface in it. */
const PARAMS: Readonly<Record<string, readonly [file: string, name: string]>> = {
  'GET /v1/balance_transactions': ['BalanceTransactions', 'BalanceTransactionListParams'],
  'GET /v1/checkout/sessions': ['Checkout/Sessions', 'Checkout.SessionListParams'],
  'GET /v1/checkout/sessions/:id': ['Checkout/Sessions', 'Checkout.SessionRetrieveParams'],
  'GET /v1/customers/:id/payment_methods': ['Customers', 'CustomerListPaymentMethodsParams'],
  'GET /v1/disputes/:id': ['Disputes', 'DisputeRetrieveParams'],
  'GET /v1/payment_intents': ['PaymentIntents', 'PaymentIntentListParams'],
  'GET /v1/payment_intents/:id': ['PaymentIntents', 'PaymentIntentRetrieveParams'],
  'GET /v1/payment_methods/:id': ['PaymentMethods', 'PaymentMethodRetrieveParams'],
  'GET /v1/products/:id': ['Products', 'ProductRetrieveParams'],
  'GET /v1/refunds': ['Refunds', 'RefundListParams'],
  'GET /v1/setup_intents': ['SetupIntents', 'SetupIntentListParams'],
  'POST /v1/checkout/sessions': ['Checkout/Sessions', 'Checkout.SessionCreateParams'],
  'POST /v1/checkout/sessions/:id/expire': ['Checkout/Sessions', 'Checkout.SessionExpireParams'],
  'POST /v1/customers': ['Customers', 'CustomerCreateParams'],
  'POST /v1/payment_intents': ['PaymentIntents', 'PaymentIntentCreateParams'],
  'POST /v1/payment_intents/:id/cancel': ['PaymentIntents', 'PaymentIntentCancelParams'],
  'POST /v1/payment_methods/:id': ['PaymentMethods', 'PaymentMethodUpdateParams'],
  'POST /v1/payment_methods/:id/detach': ['PaymentMethods', 'PaymentMethodDetachParams'],
  'POST /v1/products': ['Products', 'ProductCreateParams'],
  'POST /v1/refunds': ['Refunds', 'RefundCreateParams'],
};

/** What Stripe would object to; throws an Error for a call nobody has published. */
export function findShapeProblems(route: string, fields: FormFields): ShapeProblem[] {
  const named = PARAMS[route];
  if (named === undefined) throw new Error(`stripe publishes no ${route} that we know of`);
  const [file, name] = named;
  const module = readModule(file);
  const declared = module.get(name);
  if (declared === undefined) throw new Error(`the SDK has no ${name} in ${file}`);
  return judge(fields, declared, { module, scope: name, param: '' });
}

type Declared = ts.InterfaceDeclaration | ts.TypeAliasDeclaration;
type Module = ReadonlyMap<string, Declared>;

interface Place {
  readonly module: Module;
  /** Where names are looked up from, outwards. */
  readonly scope: string;
  readonly param: string;
}

const SDK = dirname(require.resolve('stripe'));
const modules = new Map<string, Module>();

function readModule(file: string): Module {
  const known = modules.get(file);
  if (known !== undefined) return known;
  const declared = new Map<string, Declared>();
  for (const path of ['shared.d.ts', 'lib.d.ts', `resources/${file}.d.ts`]) {
    const text = readFileSync(join(SDK, path), 'utf8');
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
    for (const statement of source.statements) collect(statement, '', declared);
  }
  modules.set(file, declared);
  return declared;
}

function collect(node: ts.Node, scope: string, into: Map<string, Declared>): void {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
    into.set(`${scope}${node.name.text}`, node);
  } else if (ts.isModuleDeclaration(node) && node.body && ts.isModuleBlock(node.body)) {
    const inner = `${scope}${node.name.text}.`;
    for (const statement of node.body.statements) collect(statement, inner, into);
  }
}

function judge(value: FormValue, declared: Declared, place: Place): ShapeProblem[] {
  return ts.isTypeAliasDeclaration(declared)
    ? judgeType(value, declared.type, place)
    : judgeFields(value, listMembers(declared, place), place);
}

function listMembers(declared: ts.InterfaceDeclaration, place: Place): ts.TypeElement[] {
  const bases = (declared.heritageClauses ?? []).flatMap(({ types }) => [...types]);
  const inherited = bases.flatMap(({ expression }) => {
    const base = place.module.get(expression.getText());
    return base !== undefined && ts.isInterfaceDeclaration(base) ? listMembers(base, place) : [];
  });
  return [...inherited, ...declared.members];
}

function judgeFields(
  value: FormValue,
  members: readonly ts.TypeElement[],
  place: Place,
): ShapeProblem[] {
  if (typeof value === 'string' || Array.isArray(value)) return [invalid(place)];
  const known = new Map(
    members.filter(ts.isPropertySignature).map((member) => [member.name.getText(), member]),
  );
  const missing = [...known].flatMap(([name, { questionToken }]): ShapeProblem[] =>
    questionToken === undefined && !(name in value)
      ? [{ code: 'parameter_missing', param: inside(place, name).param }]
      : [],
  );
  const found = Object.entries(value).flatMap(([name, inner]): ShapeProblem[] => {
    const type = known.get(name)?.type;
    const at = inside(place, name);
    if (type === undefined) return [{ code: 'parameter_unknown', param: at.param }];
    return judgeType(inner, type, at);
  });
  return [...missing, ...found];
}

function inside(place: Place, name: string): Place {
  return { ...place, param: place.param === '' ? name : `${place.param}[${name}]` };
}

function judgeType(value: FormValue, type: ts.TypeNode, place: Place): ShapeProblem[] {
  if (ts.isUnionTypeNode(type)) {
    const verdicts = type.types.map((member) => judgeType(value, member, place));
    return verdicts.find((problems) => problems.length === 0) ?? closest(verdicts, place);
  }
  if (ts.isParenthesizedTypeNode(type)) return judgeType(value, type.type, place);
  if (ts.isTypeReferenceNode(type)) return judgeReference(value, type, place);
  if (ts.isTypeLiteralNode(type)) return judgeFields(value, type.members, place);
  return fitsPlain(value, type) ? [] : [invalid(place)];
}

/** The complaint that says most: about a field inside, where there is one. */
function closest(verdicts: readonly ShapeProblem[][], place: Place): ShapeProblem[] {
  const inner = verdicts.find((problems) => problems.some(({ param }) => param !== place.param));
  return inner ?? [invalid(place)];
}

const PLAIN: ReadonlyMap<ts.SyntaxKind, RegExp> = new Map([
  [ts.SyntaxKind.StringKeyword, /^/],
  [ts.SyntaxKind.NumberKeyword, /^-?\d{1,15}$/],
  [ts.SyntaxKind.BooleanKeyword, /^(true|false)$/],
]);

function fitsPlain(value: FormValue, type: ts.TypeNode): boolean {
  if (typeof value !== 'string') return false;
  if (ts.isLiteralTypeNode(type)) {
    return ts.isStringLiteral(type.literal) && type.literal.text === value;
  }
  const pattern = PLAIN.get(type.kind);
  return pattern !== undefined && pattern.test(value);
}

function judgeReference(
  value: FormValue,
  type: ts.TypeReferenceNode,
  place: Place,
): ShapeProblem[] {
  const name = type.typeName.getText();
  const [argument] = type.typeArguments ?? [];
  switch (name) {
    // Lists are open for what Stripe answers; what it is asked has to be on them.
    case 'OtherString':
      return [invalid(place)];
    case 'MetadataParam':
      return isMetadata(value) ? [] : [invalid(place)];
    case 'Emptyable':
      return value === '' || argument === undefined ? [] : judgeType(value, argument, place);
    case 'Array':
      return judgeList(value, argument, place);
    default: {
      const { found, scope } = lookUp(name, place);
      return judge(value, found, { ...place, scope });
    }
  }
}

function judgeList(value: FormValue, item: ts.TypeNode | undefined, place: Place): ShapeProblem[] {
  if (!Array.isArray(value) || item === undefined) return [invalid(place)];
  return value.flatMap((inner, index) => judgeType(inner, item, inside(place, `${index}`)));
}

/** As https://docs.stripe.com/api/metadata has it. */
function isMetadata(value: FormValue): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= 50 &&
    entries.every(
      ([key, text]) => key.length <= 40 && typeof text === 'string' && text.length <= 500,
    )
  );
}

function lookUp(name: string, { module, scope }: Place): { found: Declared; scope: string } {
  const parts = scope.split('.');
  for (let depth = parts.length; depth >= 0; depth -= 1) {
    const full = [...parts.slice(0, depth), name].join('.');
    const found = module.get(full);
    if (found !== undefined) return { found, scope: full };
  }
  throw new Error(`the SDK declares no ${name} seen from ${scope}`);
}

function invalid({ param }: Place): ShapeProblem {
  return { code: 'parameter_invalid', param };
}
