import * as React from 'react';

import type { RunField } from '../../api/experiments';
import { Choice } from '../../ui/Fields';
import { trans } from '../../words';
import { columnOf } from '../table/columns';

const FIRST = ['experiment', 'owner', 'status', 'notebook', 'profile'];
const MOST = 60;

/** What runs are grouped by. */
export function GroupBy(props: { value: string; fields: ReadonlyMap<string, RunField>; onGroup: (field: string) => void }): React.JSX.Element {
  const more = [...props.fields.values()].filter(field => field.kind === 'param' || field.kind === 'tag').map(field => field.field);
  const fields = [...new Set([...FIRST, ...more.slice(0, MOST), ...(props.value ? [props.value] : [])])];
  return (
    <Choice
      label={trans.__('Group by')}
      value={props.value}
      options={[{ value: '', label: trans.__('nothing') }, ...fields.map(field => ({ value: field, label: FIRST.includes(field) ? columnOf(field).title : field }))]}
      onChange={props.onGroup}
    />
  );
}
