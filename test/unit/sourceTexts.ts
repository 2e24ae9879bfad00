import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAst } from 'rolldown/parseAst';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** A text in a source file that people may see. */
export interface SourceText {
  /** As it is looked up: values are `{0}`, `{1}` … */
  readonly text: string;
  /** Relative to the project. */
  readonly file: string;
  readonly line: number;
  /** Whether it goes through `t`. */
  readonly localised: boolean;
}

/** Fields and calls whose texts are shown. */
const SHOWN_FIELDS = /^(title|label|description|detail|prompt|placeHolder|tooltip|sentence|openLabel|saveLabel)$/;
const SHOWN_CALLS = /show\w*Message$|setStatusBarMessage$|appendText$|announce$|\.fail$/;
const SHOWN_ASSIGNED = /\.(text|tooltip|name|description|label|message|title)$/;
/** What a text may be wrapped in on its way to being shown. */
const WRAPPERS = [
  'ConditionalExpression',
  'LogicalExpression',
  'ArrayExpression',
  'TemplateLiteral',
  'SpreadElement',
  'BinaryExpression',
  'JSXExpressionContainer',
];

/** Attributes of a page's elements and components whose texts are seen or read out. */
const SHOWN_ATTRIBUTES = /^(title|placeholder|label|kind|note|empty|alt|aria-label|aria-roledescription|aria-description)$/;

/** Every text that is looked up or shown in the TypeScript files of a folder. */
export function textsIn(project: string, folder: string): SourceText[] {
  const files = readdirSync(path.join(project, folder), { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
  return files.sort().flatMap((name) => {
    const file = path.join(folder, name);
    const source = readFileSync(path.join(project, file), 'utf8');
    return textsOf(source, file);
  });
}

function textsOf(source: string, file: string): SourceText[] {
  const found: SourceText[] = [];
  const tell = (text: string, at: number, localised: boolean) =>
    found.push({ text, file, line: source.slice(0, at).split('\n').length, localised });
  const visit = (value: unknown, above: readonly Node[]): void => {
    if (Array.isArray(value)) for (const one of value) visit(one, above);
    if (!isNode(value)) return;
    const callee = value.type === 'CallExpression' ? (value.callee as Node) : undefined;
    if (callee?.type === 'Identifier' && callee.name === 't') {
      const [key, ...values] = value.arguments as Node[];
      for (const text of key ? literals(key) : []) tell(text, value.start, true);
      for (const one of values) visit(one, [...above, value]);
      return;
    }
    const text = textOf(value);
    const place = text === undefined ? undefined : shownIn(value, above, source);
    // Between the tags of a page one word is a text too; in code it may be an id.
    if (text !== undefined && (place === 'page' ? /[A-Za-z]{2}/.test(text) : place === 'code' && isWords(text)))
      tell(text.trim(), value.start, false);
    for (const field of Object.values(value)) if (typeof field === 'object') visit(field, [...above, value]);
  };
  visit(parseAst(source, { lang: file.endsWith('x') ? 'tsx' : 'ts' }).body, []);
  return found;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** The texts that a key may be: `t(one ? 'a' : 'b')` has two. */
function literals(node: Node): string[] {
  if (node.type === 'Literal' && typeof node.value === 'string') return [node.value];
  if (node.type === 'ConditionalExpression') return [...literals(node.consequent as Node), ...literals(node.alternate as Node)];
  return [];
}

function textOf(node: Node): string | undefined {
  if (node.type === 'JSXText') return node.value as string;
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type !== 'TemplateLiteral') return undefined;
  const quasis = node.quasis as readonly { readonly value: { readonly cooked: string } }[];
  return quasis.map(({ value }, at) => `${value.cooked}${at < quasis.length - 1 ? `{${at}}` : ''}`).join('');
}

/** Two words or more, icons and values left out: names, ids and commands are none. */
function isWords(text: string): boolean {
  return /[A-Za-z’]{2,} [a-zA-Z’(]/.test(text.replace(/\{\d+\}/g, '').replace(/\$\([\w-]+\)/g, ''));
}

/** Whether a text is shown: by a page's element, or by a field or call of the code. */
function shownIn(node: Node, above: readonly Node[], source: string): 'page' | 'code' | undefined {
  let child = node;
  for (const parent of above.toReversed()) {
    const textAt = (field: unknown) => source.slice((field as Node).start, (field as Node).end);
    const inCode = (shown: boolean) => (shown ? 'code' : undefined);
    if (parent.type === 'BinaryExpression' && parent.operator !== '+') return undefined;
    if (WRAPPERS.includes(parent.type) && parent.test !== child) child = parent;
    else if (parent.type === 'JSXElement' || parent.type === 'JSXFragment') return 'page';
    else if (parent.type === 'JSXAttribute') return SHOWN_ATTRIBUTES.test(textAt(parent.name)) ? 'page' : undefined;
    else if (parent.type === 'Property') return inCode(parent.value === child && SHOWN_FIELDS.test(textAt(parent.key)));
    else if (parent.type === 'NewExpression')
      return inCode(/UserError$/.test(textAt(parent.callee)) && (parent.arguments as Node[])[1] === child);
    else if (parent.type === 'CallExpression') return inCode(SHOWN_CALLS.test(textAt(parent.callee)));
    else return inCode(parent.type === 'AssignmentExpression' && SHOWN_ASSIGNED.test(textAt(parent.left)));
  }
  return undefined;
}
