import { addBelowIcon, refreshIcon, searchIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { FeatureView } from '../../api/features';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Fields';
import { Card } from '../../ui/Page';
import { Empty, Failure } from '../../ui/states';
import { trans } from '../../words';
import type { IFrame, IPick } from '../frames';
import { fits, keyColumns, missing } from '../frames';
import type { FeatureModel } from '../model';
import type { IPreviewState, PreviewModel } from '../previewModel';
import { Joined } from './Joined';

/** Redraw with a preview. */
export function usePreview(preview: PreviewModel): IPreviewState {
  return React.useSyncExternalStore(
    React.useCallback(
      notify => {
        preview.changed.connect(notify);
        return () => {
          preview.changed.disconnect(notify);
        };
      },
      [preview]
    ),
    () => preview.state
  );
}

/** Joins some rows of a frame in the kernel with this view, and says what is missing and why. */
export function Preview(props: { model: FeatureModel; view: FeatureView; onInsert: () => void; inserting: boolean }): React.JSX.Element {
  const { model, view } = props;
  const { preview } = model;
  const state = usePreview(preview);
  const features = model.features(view);
  return (
    <Card
      title={trans.__('Preview on my data')}
      aside={
        state.seen && (
          <Button kind="quiet" icon={refreshIcon} disabled={state.busy !== null} onClick={() => void preview.look(view.join_keys)}>
            {trans.__('Look again')}
          </Button>
        )
      }
    >
      {!state.seen && !state.busy && (
        <>
          <p className="jp-octavo-Muted">{trans.__('Finds the data frames in the kernel of the notebook in front, and joins 20 rows of one as of each row’s own time. Their keys and times leave the kernel, nothing else; the kernel’s variables, history and numbering stay as they are.')}</p>
          <Button kind="primary" icon={searchIcon} onClick={() => void preview.look(view.join_keys)}>
            {trans.__('Find my data frames')}
          </Button>
        </>
      )}
      {state.seen && state.seen.frames.length === 0 && <NoFrames state={state} />}
      {state.seen && state.pick && <Pickers view={view} preview={preview} pick={state.pick} frames={state.seen.frames} leftOut={state.seen.left_out} />}
      {state.pick && !state.answer && (
        <Button kind="primary" busy={state.busy !== null} refused={refused(state.pick, view, features)} onClick={() => void preview.join(features)}>
          {trans.__('Preview 20 rows')}
        </Button>
      )}
      {state.busy && <Wait busy={state.busy} onCancel={() => preview.cancel()} />}
      {state.error && <Failure error={state.error} />}
      {state.answer && state.rows && (
        <Joined answer={state.answer} rows={state.rows}>
          <Button kind="primary" icon={addBelowIcon} busy={props.inserting} onClick={props.onInsert}>
            {trans.__('Insert code')}
          </Button>
        </Joined>
      )}
    </Card>
  );
}

function refused(pick: IPick, view: FeatureView, features: readonly string[]): string | undefined {
  if (features.length === 0) {
    return trans.__('Pick at least one feature in the schema.');
  }
  const lacks = missing(pick, view.join_keys);
  if (lacks === null) {
    return undefined;
  }
  return lacks === 'time' && !view.join_keys.includes('time') ? trans.__('The frame has no column with times.') : trans.__('Say which column holds %1.', lacks);
}

function NoFrames(props: { state: IPreviewState }): React.JSX.Element {
  const libraries = props.state.seen?.libraries ?? [];
  return (
    <Empty title={trans.__('No data frame lives in the kernel of %1', props.state.notebook)}>
      {libraries.length === 0 ? trans.__('It has imported neither pandas nor polars. Load your data into a frame, then look again.') : trans.__('Load your data into a frame with a name that does not begin with an underscore, then look again. Lazy frames are not looked at.')}
    </Empty>
  );
}

function Wait(props: { busy: NonNullable<IPreviewState['busy']>; onCancel: () => void }): React.JSX.Element {
  const words = {
    busy: trans.__('The kernel is busy. The preview goes on when its cells are done.'),
    starting: trans.__('The kernel is starting.'),
    answer: trans.__('Looking into the kernel.'),
    join: trans.__('Joining on the platform.')
  };
  return (
    <p className="jp-octavo-Preview-wait" role="status">
      {words[props.busy]}{' '}
      <button type="button" className="jp-octavo-Link" onClick={props.onCancel}>
        {trans.__('Cancel')}
      </button>
    </p>
  );
}

function Pickers(props: { view: FeatureView; preview: PreviewModel; pick: IPick; frames: readonly IFrame[]; leftOut: number }): React.JSX.Element {
  const { view, preview, pick } = props;
  const frame = preview.frame;
  const none = { value: '', label: trans.__('choose a column') };
  const keys = frame ? keyColumns(frame) : [];
  return (
    <div className="jp-octavo-Preview-pickers">
      <Choice
        label={trans.__('Frame')}
        value={pick.frame}
        options={props.frames.map(one => ({ value: one.name, label: described(one, view.join_keys), disabled: one.problem !== '' }))}
        help={props.leftOut > 0 ? trans.__('%1 more frames are not listed.', props.leftOut) : undefined}
        onChange={name => preview.chooseFrame(name, view.join_keys)}
      />
      {view.join_keys.map(key => (
        <Choice
          key={key}
          label={key}
          value={pick.keys.get(key) ?? ''}
          options={[none, ...keys.map(column => ({ value: column.name, label: column.index ? trans.__('%1 (index)', column.name) : column.name }))]}
          onChange={column => preview.choose({ ...pick, keys: new Map(pick.keys).set(key, column) })}
        />
      ))}
      <Choice
        label={trans.__('Time of each row')}
        value={pick.time}
        options={[none, ...(frame?.times ?? []).map(time => ({ value: time.name, label: time.naive ? trans.__('%1 (no zone: taken as UTC)', time.name) : time.name }))]}
        help={frame && frame.times.length === 0 ? trans.__('No column holds times; pandas.to_datetime makes some.') : undefined}
        onChange={time => preview.choose({ ...pick, time })}
      />
    </div>
  );
}

function described(frame: IFrame, joinKeys: readonly string[]): string {
  if (frame.problem) {
    return trans.__('%1: %2', frame.name, frame.problem);
  }
  const size = `${trans._n('%2 row', '%2 rows', frame.rows, frame.rows.toLocaleString('en-US'))}, ${trans._n('%2 column', '%2 columns', frame.width, frame.width.toLocaleString('en-US'))}`;
  return fits(frame, joinKeys) ? `${frame.name} (${size})` : trans.__('%1 (%2; key or time missing)', frame.name, size);
}
