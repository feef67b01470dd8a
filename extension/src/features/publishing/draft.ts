import type { DeclaredColumn, DeclaredView, Declaration, LakeTable } from '../../api/publishing';
import { trans } from '../../words';

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;
const UNITS = { minutes: 60, hours: 3600, days: 86_400 } as const;

/** The unit of how long a value is valid. */
export type TtlUnit = keyof typeof UNITS | 'ever';

/** One column in the form. */
export interface IColumnDraft extends DeclaredColumn {
  kept: boolean;
}

/** What a person edits of one view. */
export interface IViewDraft {
  name: string;
  description: string;
  owner: string;
  /** One `name=value` a line. */
  tags: string;
  ttl: string;
  ttlUnit: TtlUnit;
  online: boolean;
  columns: readonly IColumnDraft[];
  /** For a new view: where its rows come from, and what they are about. */
  table: string;
  entity: string;
  key: string;
  eventColumn: string;
  createdColumn: string;
}

/** Begin to edit a declared view. */
export function draftOf(view: DeclaredView): IViewDraft {
  const seconds = view.ttl_seconds ?? null;
  const unit: TtlUnit = seconds === null ? 'ever' : seconds % UNITS.days === 0 ? 'days' : seconds % UNITS.hours === 0 ? 'hours' : 'minutes';
  return {
    ...NOTHING,
    name: view.name,
    description: view.description,
    owner: view.owner,
    tags: Object.entries(view.tags)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
    ttl: seconds === null || unit === 'ever' ? '' : String(seconds / UNITS[unit]),
    ttlUnit: unit,
    online: view.online,
    columns: view.columns.map(column => ({ ...column, kept: true }))
  };
}

const NOTHING: IViewDraft = {
  name: '',
  description: '',
  owner: '',
  tags: '',
  ttl: '1',
  ttlUnit: 'days',
  online: true,
  columns: [],
  table: '',
  entity: '',
  key: '',
  eventColumn: '',
  createdColumn: ''
};

/** Begin a new view of a table of the lake. */
export function draftFrom(table: LakeTable | null): IViewDraft {
  if (!table) {
    return NOTHING;
  }
  const times = table.columns.filter(column => column.dtype === 'UnixTimestamp').map(column => column.name);
  const key = table.columns.find(column => column.dtype === 'String' || column.dtype === 'Int64')?.name ?? '';
  const eventColumn = times.find(name => name === 'event_timestamp') ?? times[0] ?? '';
  const createdColumn = times.find(name => name === 'created_timestamp') ?? '';
  return {
    ...NOTHING,
    table: table.path,
    name: (table.path.split('/').pop() ?? '').replace(/\.parquet$/, '').replace(/[^A-Za-z0-9_]/g, '_'),
    entity: key,
    key,
    eventColumn,
    createdColumn,
    columns: table.columns
      .filter(column => column.dtype !== null && ![key, eventColumn, createdColumn].includes(column.name))
      .map(column => ({ name: column.name, dtype: column.dtype as DeclaredColumn['dtype'], description: '', tags: {}, kept: true }))
  };
}

/** Seconds that a value is valid; null: ever; undefined: what was typed is no time. */
export function ttlSeconds(draft: IViewDraft): number | null | undefined {
  if (draft.ttlUnit === 'ever') {
    return null;
  }
  const value = Number(draft.ttl.trim());
  const seconds = value * UNITS[draft.ttlUnit];
  return draft.ttl.trim() !== '' && Number.isInteger(seconds) && seconds > 0 ? seconds : undefined;
}

/** Tags by name; undefined: a line is no `name=value`. */
export function tagsOf(text: string): Map<string, string> | undefined {
  const tags = new Map<string, string>();
  for (const line of text.split('\n').filter(one => one.trim() !== '')) {
    const at = line.indexOf('=');
    if (at < 1) {
      return undefined;
    }
    tags.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return tags;
}

/** Why a draft can't be planned yet, in a sentence; undefined: it can. */
export function fault(draft: IViewDraft, declaration: Declaration, adding: boolean): string | undefined {
  if (adding && !draft.table) {
    return trans.__('Choose a table of the lake.');
  }
  if (!NAME.test(draft.name)) {
    return trans.__('The name takes letters, digits and underscores, and no digit first.');
  }
  if (adding && declaration.views.some(view => view.name === draft.name)) {
    return trans.__('There is a view %1 already.', draft.name);
  }
  if (adding && !(NAME.test(draft.entity) && NAME.test(draft.key) && NAME.test(draft.eventColumn))) {
    return trans.__('Say what a row is about, its key column and its event time.');
  }
  if (ttlSeconds(draft) === undefined) {
    return trans.__('Valid for takes a whole number.');
  }
  if (!tagsOf(draft.tags)) {
    return trans.__('Write each tag as name=value on a line of its own.');
  }
  return draft.columns.some(column => column.kept) ? undefined : trans.__('Keep at least one column.');
}

/** The declaration with an edited view in it. */
export function edited(declaration: Declaration, draft: IViewDraft): Declaration {
  return { ...declaration, views: declaration.views.map(view => (view.name === draft.name ? { ...view, ...said(draft) } : view)), services: services(declaration, draft) };
}

/** The declaration with a new view, and its entity and source where they are missing. */
export function added(declaration: Declaration | null, draft: IViewDraft, table: LakeTable): Declaration {
  const whole = declaration ?? { entities: [], sources: [], push_sources: [], views: [], services: [], transformations: [] };
  const known = whole.sources.find(source => source.path === table.path && source.event_column === draft.eventColumn && (source.created_column ?? '') === draft.createdColumn);
  const source = known?.name ?? free(`${draft.name}_source`, new Set([...whole.sources, ...whole.push_sources].map(one => one.name)));
  const type = table.columns.find(column => column.name === draft.key)?.dtype;
  const entity: Declaration['entities'][number] = {
    name: draft.entity,
    join_key: draft.key,
    type: type === 'Int64' || type === 'Int32' ? type : 'String',
    description: '',
    owner: '',
    tags: {}
  };
  return {
    ...whole,
    entities: whole.entities.some(one => one.name === draft.entity) ? whole.entities : [...whole.entities, entity],
    sources: known ? whole.sources : [...whole.sources, { name: source, path: table.path, event_column: draft.eventColumn, created_column: draft.createdColumn || null, description: '' }],
    views: [...whole.views, { name: draft.name, entities: [draft.entity], source, ...said(draft) }]
  };
}

/** The declaration without a view, and without what it alone stood on. */
export function without(declaration: Declaration, name: string): Declaration {
  const views = declaration.views.filter(view => view.name !== name);
  const used = new Set(views.map(view => view.source));
  const pushes = declaration.push_sources.filter(push => used.has(push.name));
  const tables = new Set([...used, ...pushes.map(push => push.table)]);
  const entities = new Set(views.flatMap(view => view.entities));
  return {
    ...declaration,
    views,
    push_sources: pushes,
    sources: declaration.sources.filter(source => tables.has(source.name)),
    entities: declaration.entities.filter(entity => entities.has(entity.name)),
    services: declaration.services.map(service => ({ ...service, members: service.members.filter(member => member.view !== name) })).filter(service => service.members.length > 0)
  };
}

function said(draft: IViewDraft): Pick<DeclaredView, 'description' | 'owner' | 'tags' | 'ttl_seconds' | 'online' | 'columns'> {
  return {
    description: draft.description.trim(),
    owner: draft.owner.trim(),
    tags: Object.fromEntries(tagsOf(draft.tags) ?? []),
    ttl_seconds: ttlSeconds(draft) ?? null,
    online: draft.online,
    columns: draft.columns.filter(column => column.kept).map(({ name, dtype, description, tags }) => ({ name, dtype, description: description.trim(), tags }))
  };
}

/** Services without the columns that go. */
function services(declaration: Declaration, draft: IViewDraft): Declaration['services'] {
  const gone = new Set(draft.columns.filter(column => !column.kept).map(column => column.name));
  const members = (all: Declaration['services'][number]['members']): typeof all =>
    all
      .map(member => (member.view === draft.name ? { ...member, columns: member.columns.filter(column => !gone.has(column)) } : member))
      .filter(member => member.columns.length > 0);
  return declaration.services.map(service => ({ ...service, members: members(service.members) })).filter(service => service.members.length > 0);
}

function free(name: string, taken: ReadonlySet<string>): string {
  let found = name;
  for (let number = 2; taken.has(found); number += 1) {
    found = `${name}_${number}`;
  }
  return found;
}
