// Reads the TypeScript types of the events: they are the one source of the schemas. Only what those types use is understood;
// anything else is an error, so that nothing is left out silently.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../workspace.mjs';

const FOLDER = join(root, 'libs/events/src');

const text = (comment) =>
  comment
    .replace(/^\s*\* ?/gm, '')
    .replace(/\{@link (\w+)\}/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();

const docOf = (node) => {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const comment = doc && ts.getTextOfJSDocComment(doc.comment);
  return comment ? { description: text(comment) } : {};
};

/** The interfaces and type aliases of these files, by name. */
export const declarationsOf = (...files) => {
  const found = new Map();
  for (const file of files) {
    const path = join(FOLDER, file);
    const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
    for (const node of source.statements)
      if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) found.set(node.name.text, node);
  }
  return found;
};

const literalOf = (node) =>
  ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal) ? node.literal.text : undefined;

const membersOf = (members, refer) => {
  const properties = {};
  const required = [];
  for (const member of members) {
    const name = member.name.getText();
    properties[name] = { ...docOf(member), ...schemaOf(member.type, refer) };
    if (!member.questionToken) required.push(name);
  }
  // Unknown fields are allowed: within a version fields are only added.
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
};

const referenceOf = (node, refer) => {
  const name = node.typeName.getText();
  const [first, second] = node.typeArguments ?? [];
  if (name === 'Readonly') return schemaOf(first, refer);
  if (name === 'Record') return { type: 'object', additionalProperties: schemaOf(second, refer) };
  if (name === 'Json') return {};
  return refer(name);
};

/** The JSON Schema of a type. `refer(name)` gives the one of a named type. Numbers in events are whole. */
export const schemaOf = (node, refer) => {
  switch (node.kind) {
    case ts.SyntaxKind.StringKeyword:
      return { type: 'string' };
    case ts.SyntaxKind.NumberKeyword:
      return { type: 'integer' };
    case ts.SyntaxKind.BooleanKeyword:
      return { type: 'boolean' };
    case ts.SyntaxKind.TypeOperator:
      return schemaOf(node.type, refer);
    case ts.SyntaxKind.ArrayType:
      return { type: 'array', items: schemaOf(node.elementType, refer) };
    case ts.SyntaxKind.TypeLiteral:
      return membersOf(node.members, refer);
    case ts.SyntaxKind.TypeReference:
      return referenceOf(node, refer);
    case ts.SyntaxKind.UnionType: {
      const literals = node.types.map(literalOf);
      if (literals.every((each) => each !== undefined)) return { type: 'string', enum: literals };
    }
  }
  throw new Error(`${node.getSourceFile().fileName}: no schema for ${node.getText()}`);
};

/** A named interface with its description. */
export const interfaceSchema = (node, refer) => ({ ...docOf(node), ...membersOf(node.members, refer) });

/** The members of a union of events: `{ type, data, description }`, `data` as a type node. */
export const eventsOf = (union) => {
  const source = union.getSourceFile().text;
  let from = union.type.pos;
  return union.type.types.map((member) => {
    const [, comment] = /\/\*\*((?:(?!\*\/).)*)\*\/\s*\|?\s*$/s.exec(source.slice(from, member.getStart())) ?? [];
    from = member.end;
    const property = (name) => member.members.find((each) => each.name.getText() === name).type;
    const type = literalOf(property('type'));
    if (!comment) throw new Error(`${type} has no comment that says what it means`);
    return { type, data: property('data'), description: text(comment) };
  });
};
