// The fields of a profile's document, as data: the form is built from this table alone.

const ENVIRONMENTS = ["dev", "test", "prod"];

/** Sections of the form. A field's `kind` says how it is shown; its path, where its value lives. */
export const SECTIONS = [
  {
    title: "What it is",
    fields: [
      { path: "id", title: "Name", kind: "text", hint: "a-z, 0-9 and -. It never changes.", fixed: true },
      { path: "title", title: "Title", kind: "text", hint: "What people read on the card." },
      { path: "description", title: "Good for", kind: "long", hint: "One sentence." },
    ],
  },
  {
    title: "Resources",
    fields: [
      { path: "resources.cpu.guarantee", title: "CPU cores, for sure", kind: "number", step: "any" },
      { path: "resources.cpu.limit", title: "CPU cores, at most", kind: "number", step: "any" },
      {
        path: "resources.memory_gib.guarantee",
        title: "Memory in GiB, for sure",
        kind: "number",
        step: "any",
      },
      { path: "resources.memory_gib.limit", title: "Memory in GiB, at most", kind: "number", step: "any" },
      { path: "resources.gpu.count", title: "GPUs", kind: "gpus", hint: "0 for none." },
      {
        path: "resources.gpu.type",
        title: "GPU type",
        kind: "text",
        needs: "resources.gpu.count",
        hint: "Product name, for example A100.",
      },
      { path: "resources.processes", title: "Processes and threads, at most", kind: "number" },
    ],
  },
  {
    title: "Price",
    fields: [
      {
        path: "prices",
        title: "price",
        kind: "rows",
        fresh: () => ({ from: new Date().toISOString().slice(0, 10), per_hour: 0, currency: "EUR" }),
        fields: [
          { path: "from", title: "From (UTC day)", kind: "date" },
          { path: "per_hour", title: "EUR an hour", kind: "number", step: "any" },
        ],
      },
    ],
  },
  {
    title: "Stops by itself",
    fields: [
      { path: "idle.minutes", title: "Minutes without activity", kind: "number" },
      {
        path: "idle.gpu_minutes",
        title: "Minutes without GPU use",
        kind: "number",
        hint: "Empty: no such rule.",
        optional: true,
      },
      {
        path: "idle.extension_minutes",
        title: "Minutes of the one extension",
        kind: "number",
        hint: "Empty: none.",
        optional: true,
      },
      { path: "longest_hours", title: "Hours, at most", kind: "number", step: "any" },
      { path: "ready_seconds", title: "Usual seconds until ready", kind: "number" },
    ],
  },
  {
    title: "Who may use it",
    fields: [
      {
        path: "audiences",
        title: "Groups",
        kind: "list",
        hint: "Separated by commas. Empty: every member of a project.",
      },
      { path: "environments", title: "Environments", kind: "choices", choices: ENVIRONMENTS },
      { path: "pipelines", title: "Pipelines may use it", kind: "yes" },
    ],
  },
  {
    title: "Images",
    folded: true,
    fields: [
      {
        path: "images",
        title: "image",
        kind: "rows",
        fresh: () => ({ name: "", title: "", image: "" }),
        fields: [
          { path: "name", title: "Name", kind: "text" },
          { path: "title", title: "Title", kind: "text" },
          { path: "image", title: "Image", kind: "text", hint: "registry/name@sha256:…" },
        ],
      },
    ],
  },
  {
    title: "Placement and volumes",
    folded: true,
    fields: [
      {
        path: "capacity",
        title: "Capacity",
        kind: "choice",
        choices: ["on-demand", "spot"],
        hint: "Spot costs less and may be taken away.",
      },
      { path: "placement.node_selector", title: "Labels of its nodes", kind: "pairs" },
      {
        path: "placement.tolerations",
        title: "toleration",
        kind: "rows",
        fresh: () => ({ key: "", operator: "Exists" }),
        fields: [
          { path: "key", title: "Key", kind: "text" },
          { path: "operator", title: "Operator", kind: "choice", choices: ["Exists", "Equal"] },
          { path: "value", title: "Value", kind: "text", optional: true },
          { path: "effect", title: "Effect", kind: "text", optional: true },
        ],
      },
      {
        path: "volumes",
        title: "volume",
        kind: "rows",
        fresh: () => ({ name: "", mount: "", size_gib: 10 }),
        fields: [
          { path: "name", title: "Name", kind: "text" },
          { path: "mount", title: "Folder", kind: "text" },
          { path: "claim", title: "Existing claim", kind: "text", optional: true },
          { path: "size_gib", title: "Size in GiB", kind: "number", step: "any", optional: true },
          { path: "read_only", title: "Read only", kind: "yes" },
        ],
      },
    ],
  },
  {
    title: "Environment and labels",
    folded: true,
    fields: [
      { path: "environment", title: "Environment variables", kind: "pairs" },
      { path: "labels", title: "Chargeback labels", kind: "pairs" },
    ],
  },
];

/** The document that a new profile begins with. */
export const FIRST = `id: new-profile
title: New profile
description: What it is good for, in one sentence.
resources:
  cpu: {guarantee: 0.5, limit: 2}
  memory_gib: {guarantee: 1, limit: 4}
  processes: 1024
prices:
  - {from: ${new Date().toISOString().slice(0, 10)}, per_hour: 0.10, currency: EUR}
idle: {minutes: 60, extension_minutes: 60}
longest_hours: 24
ready_seconds: 8
audiences: []
environments: [dev, test, prod]
pipelines: true
`;
