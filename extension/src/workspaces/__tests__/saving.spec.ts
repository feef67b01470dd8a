import { PromiseDelegate } from '@lumino/coreutils';

import { Mine } from '../../shell/mine';
import { mine } from '../../testing/records';
import { FakeServer } from '../../testing/server';
import { endMs, LastSave, Saver } from '../saving';

const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();

interface IDocument {
  path: string;
  model: { dirty: boolean; readOnly: boolean };
  save: jest.Mock<Promise<void>>;
}

function file(path: string, dirty = true, readOnly = false): IDocument {
  return { path, model: { dirty, readOnly }, save: jest.fn(async () => undefined) };
}

function saver(open: (IDocument | undefined)[]): Saver {
  return new Saver({ widgets: () => open.values() } as never, { contextForWidget: (context: unknown) => context } as never);
}

describe('saving before a stop', () => {
  it('saves what was changed, each document once, and says what could not be saved', async () => {
    const [changed, same, shut, broken] = [file('a.ipynb'), file('b.ipynb', false), file('c.ipynb', true, true), file('d.ipynb')];
    broken.save.mockRejectedValue(new Error('disk'));
    const open = [changed, changed, same, shut, broken, undefined];
    const failed = await saver(open).save();
    expect(failed).toEqual(['d.ipynb']);
    expect([changed, same, shut].map(one => one.save.mock.calls.length)).toEqual([1, 0, 0]);
  });

  it('never saves a document twice at once', async () => {
    const changed = file('a.ipynb');
    const [begun, written] = [new PromiseDelegate<void>(), new PromiseDelegate<void>()];
    changed.save.mockImplementation(async () => {
      begun.resolve();
      await written.promise;
      changed.model.dirty = false;
    });
    const both = saver([changed]);
    const saved = [both.save(), both.save()];
    await begun.promise;
    written.resolve();
    expect(await Promise.all(saved)).toEqual([[], []]);
    expect(changed.save).toHaveBeenCalledTimes(1);
  });

  it('goes on with the next request after one that failed', async () => {
    const broken = file('d.ipynb');
    broken.save.mockRejectedValueOnce(new Error('disk'));
    const one = saver([broken]);
    expect(await one.save()).toEqual(['d.ipynb']);
    expect(await one.save()).toEqual([]);
  });

  it('comes shortly before whatever ends the workspace first', () => {
    const save = jest.fn();
    const workspace = new Mine(new FakeServer({}).requests());
    const last = new LastSave(workspace, save);
    workspace.resource.put(mine({ idle_stop_at: inSeconds(600), ends_at: inSeconds(9000) }));
    expect(save).not.toHaveBeenCalled();
    workspace.resource.put(mine({ idle_stop_at: null, stop_at: inSeconds(60), stop_reason: 'budget' }));
    expect(save).toHaveBeenCalled();
    last.dispose();
    save.mockClear();
    workspace.resource.put(mine({ stop_at: inSeconds(30) }));
    expect(save).not.toHaveBeenCalled();
    workspace.dispose();
  });

  it('has nothing to do where nothing ends the workspace', () => {
    expect(endMs(mine({ idle_stop_at: null, ends_at: null }))).toBeNull();
  });
});
