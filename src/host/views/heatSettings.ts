/** What of the heat is drawn, as the settings of a document say. */
import * as vscode from 'vscode';
import type { HeatScale } from '../../protocol/code.js';
import { asPalette, type Palette } from './palettes.js';

export interface HeatSettings {
  readonly enabled: boolean;
  /** Share from which on a line is lit, 0..1. */
  readonly threshold: number;
  readonly bars: boolean;
  readonly figures: boolean;
  readonly expressions: boolean;
  readonly scale: HeatScale;
}

/** Settings that every editor of the window shares, since decoration types are made with them. */
export interface MarkSettings {
  readonly gutter: boolean;
  readonly ruler: boolean;
  readonly palette: Palette;
}

/** Files, and cells of notebooks. */
export function canHeat(uri: vscode.Uri): boolean {
  return uri.scheme === 'file' || uri.scheme === 'vscode-notebook-cell';
}

export function heatSettings(document: vscode.TextDocument): HeatSettings {
  const settings = vscode.workspace.getConfiguration('heatline.heat', document);
  const on = (name: string) => settings.get<boolean>(name, true);
  return {
    enabled: on('enabled'),
    threshold: settings.get<number>('threshold', 0.5) / 100,
    bars: on('bars'),
    figures: on('figures'),
    expressions: on('expressions'),
    scale: heatScale(document),
  };
}

export function heatScale(document?: vscode.TextDocument): HeatScale {
  const scale = vscode.workspace.getConfiguration('heatline.heat', document).get<string>('scale');
  return scale === 'file' || scale === 'function' ? scale : 'profile';
}

export function markSettings(): MarkSettings {
  const settings = vscode.workspace.getConfiguration('heatline');
  return {
    gutter: settings.get<boolean>('heat.gutter', true),
    ruler: settings.get<boolean>('heat.ruler', true),
    palette: asPalette(settings.get('palette')),
  };
}
