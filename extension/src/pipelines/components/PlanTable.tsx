import * as React from 'react';

import type { Plan, PlanChange } from '../../api/definitions';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { trans } from '../../words';

function word(op: PlanChange['op']): string {
  switch (op) {
    case 'add':
      return trans.__('+ new');
    case 'remove':
      return trans.__('− gone');
    case 'change':
      return trans.__('~ changed');
  }
}

const columns = (): IColumn<PlanChange>[] => [
  { id: 'op', title: '', cell: change => <span className={`jp-octavo-Plan-op jp-mod-${change.op}`}>{word(change.op)}</span> },
  { id: 'what', title: trans.__('What'), cell: change => <code>{change.what}</code> },
  { id: 'before', title: trans.__('Now'), wraps: true, cell: change => change.before || '–' },
  { id: 'after', title: trans.__('Then'), wraps: true, cell: change => change.after || '–' }
];

/** What applying a definition would change, by meaning and not by line. */
export function PlanTable(props: { plan: Plan }): React.JSX.Element {
  const { plan } = props;
  if (plan.changes.length === 0) {
    return <p className="jp-octavo-Muted">{trans.__('Applying it would change nothing.')}</p>;
  }
  const count = plan.changes.length;
  return (
    <>
      <p>{plan.new ? trans.__('It would make the pipeline %1.', plan.name) : trans._n('It would change one thing of %2.', 'It would change %1 things of %2.', count, plan.name)}</p>
      <Table label={trans.__('What would change')} rows={plan.changes} columns={columns()} rowKey={change => `${change.op} ${change.what}`} low />
    </>
  );
}
