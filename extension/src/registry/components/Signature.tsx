import * as React from 'react';

import { text } from '../../ui/format';
import { Table } from '../../ui/Table';
import type { IColumn } from '../../ui/Table';
import { trans } from '../../words';

/** What is shown of a long signature or a wide example. */
const MOST = 200;

interface IField {
  part: string;
  name: string;
  type: string;
  required: boolean;
}

const columns = (): IColumn<IField>[] => [
  { id: 'part', title: '', cell: field => <span className="jp-octavo-Muted">{field.part}</span> },
  { id: 'name', title: trans.__('Column'), cell: field => field.name, sort: field => field.name },
  { id: 'type', title: trans.__('Type'), cell: field => field.type, sort: field => field.type },
  { id: 'required', title: trans.__('May be missing'), cell: field => (field.required ? trans.__('no') : trans.__('yes')) }
];

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** The fields of a signature as MLflow writes it: columns, or tensors with a shape. */
export function fieldsOf(signature: Readonly<Record<string, unknown>>): IField[] {
  const parts: [string, string][] = [
    ['inputs', trans.__('input')],
    ['outputs', trans.__('output')],
    ['params', trans.__('parameter')]
  ];
  return parts.flatMap(([key, part]) => {
    const list = signature[key];
    return (Array.isArray(list) ? list : []).map((one, at) => {
      const field = record(one);
      const tensor = record(field['tensor-spec']);
      const type = field['type'] === 'tensor' ? `${text(tensor['dtype'])} ${text(tensor['shape'])}` : text(field['type']);
      return { part, name: typeof field['name'] === 'string' ? field['name'] : `${at}`, type, required: field['required'] !== false };
    });
  });
}

/** What a model takes and answers. */
export function Signature(props: { signature: Readonly<Record<string, unknown>> }): React.JSX.Element {
  const fields = fieldsOf(props.signature);
  return (
    <>
      <Table label={trans.__('Signature')} rows={fields.slice(0, MOST)} columns={columns()} rowKey={field => `${field.part} ${field.name}`} low />
      {fields.length > MOST && <p className="jp-octavo-Muted">{trans.__('%1 more are not listed.', fields.length - MOST)}</p>}
    </>
  );
}

/** The first row of an input example, by column; other shapes as they are. */
export function Example(props: { example: Readonly<Record<string, unknown>> }): React.JSX.Element {
  const { columns: names, data } = props.example;
  const first: unknown = Array.isArray(data) ? data[0] : undefined;
  if (!Array.isArray(names) || !Array.isArray(first)) {
    return <pre className="jp-octavo-Output">{JSON.stringify(props.example, null, 1).slice(0, 4000)}</pre>;
  }
  const cells = names.slice(0, MOST).map((name, at) => ({ name: text(name), value: text(first[at] as unknown) }));
  return (
    <Table
      label={trans.__('Input example')}
      rows={cells}
      columns={[
        { id: 'name', title: trans.__('Column'), cell: cell => cell.name, sort: cell => cell.name },
        { id: 'value', title: trans.__('Value'), numeric: true, cell: cell => cell.value }
      ]}
      rowKey={cell => cell.name}
      low
    />
  );
}
