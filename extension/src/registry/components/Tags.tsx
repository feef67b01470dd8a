import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { VersionTag } from '../../api/proof';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Fields';
import { exact } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Failure } from '../../ui/states';
import { trans } from '../../words';

const KEY = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Props of a version's tags. */
export interface ITagsProps {
  tags: readonly VersionTag[];
  refused: string | undefined;
  onSet: (key: string, value: string) => Promise<unknown>;
  onRemove: (key: string) => Promise<unknown>;
}

/** A version's tags: who set each, a way to take it away, and a line that sets another. */
export function Tags(props: ITagsProps): React.JSX.Element {
  const { tags, refused } = props;
  const remove = useAction(props.onRemove);
  return (
    <Card title={trans.__('Tags')} count={tags.length}>
      {tags.length === 0 && <p className="jp-octavo-Muted">{trans.__('None yet. A tag is a short fact of your own, such as ticket or region.')}</p>}
      <ul className="jp-octavo-Tags" aria-label={trans.__('Tags')}>
        {tags.map(tag => (
          <li key={tag.key} title={trans.__('Set by %1\n%2', tag.set_by, exact(new Date(tag.set_at)))}>
            <span className="jp-octavo-Muted">{tag.key}</span> <bdi>{tag.value}</bdi>
            <Button kind="quiet" icon={closeIcon} label={trans.__('Remove tag %1', tag.key)} refused={refused} busy={remove.busy} onClick={() => remove.run(tag.key)} />
          </li>
        ))}
      </ul>
      {remove.error && <Failure error={remove.error} compact />}
      {!refused && <Adder onSet={props.onSet} />}
    </Card>
  );
}

function Adder(props: { onSet: ITagsProps['onSet'] }): React.JSX.Element {
  const [key, setKey] = React.useState('');
  const [value, setValue] = React.useState('');
  const add = useAction(async () => {
    await props.onSet(key, value.trim());
    setKey('');
    setValue('');
  });
  const wrong = key === '' || KEY.test(key) ? undefined : trans.__('Letters, digits, dots, dashes and underscores; at most 100.');
  const refused = wrong ?? (key === '' || value.trim() === '' ? trans.__('Give a name and a value.') : undefined);
  return (
    <>
      <div className="jp-octavo-Bar">
        <TextField label={trans.__('Tag')} value={key} maxLength={100} error={wrong} onChange={setKey} />
        <TextField label={trans.__('Value')} value={value} maxLength={1000} onChange={setValue} />
        <Button busy={add.busy} refused={refused} onClick={() => add.run()}>
          {trans.__('Set tag')}
        </Button>
      </div>
      {add.error && <Failure error={add.error} compact />}
    </>
  );
}
