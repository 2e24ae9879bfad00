/** Requests about folders of windows, as the agent and receivers write them in production: method → [params, result]. Types only. */

/** Some of the windows of a folder; all conditions that are given hold. */
export interface WindowRange {
  /** Absolute path. */
  readonly folder: string;
  /** '' asks for windows that do not tell. */
  readonly service?: string;
  readonly version?: string;
  /** Windows that begin in `from` ≤ time < `to`, Unix milliseconds. */
  readonly from?: number;
  readonly to?: number;
  /** Windows with samples that bear this label; figures are of those samples alone. */
  readonly label?: WindowLabel;
}

export interface WindowLabel {
  readonly key: string;
  readonly value: string;
}

export type WindowGrouping = 'service' | 'version' | 'label' | 'day' | 'hour';

/** Windows that have something in common: a service, a version, samples with one value of a label, a day or an hour of this machine's time. */
export interface WindowGroup {
  /** Service, version or value of the label, '' where it is not told; '' for times. */
  readonly name: string;
  /** Unix milliseconds: of a day or an hour its bounds, else from the first window's start to the last one's end. */
  readonly from: number;
  readonly to: number;
  readonly windows: number;
  /** In the order of the newest window's types. */
  readonly totals: readonly { readonly type: string; readonly unit: string; readonly total: number }[];
  /** Versions among them, those that began last first; without '' where some tell. */
  readonly versions: readonly string[];
  readonly hosts: number;
}

export interface WindowLabelKey {
  readonly key: string;
  /** By the total of the first type, largest first. */
  readonly values: readonly { readonly value: string; readonly total: number }[];
  readonly unit: string;
  /** There are more values than are listed. */
  readonly isCut: boolean;
}

export interface WindowRequests {
  /**
   * Groups in their order: services by name, values of the label `key` by their time, versions and times the latest first. With `fresh` the folder
   * is looked through again.
   */
  'windows/groups': [
    { readonly range: WindowRange; readonly by: WindowGrouping; readonly key?: string; readonly fresh?: boolean },
    {
      readonly groups: readonly WindowGroup[];
      /** Files that look like windows by their names and cannot be read. */
      readonly unreadable: number;
    },
  ];
  'windows/labels': [{ readonly range: WindowRange }, readonly WindowLabelKey[]];
  /**
   * Adds up the windows of all ranges, each window once, into one pprof file below `into`, called by `name`; the same windows are not
   * added up twice.
   */
  'windows/merge': [
    { readonly ranges: readonly WindowRange[]; readonly into: string; readonly name: string },
    { readonly uri: string; readonly windows: number },
  ];
}
