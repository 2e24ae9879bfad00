/** Must be the first import of every bundle of the host: texts that are made when a module is loaded have their language then. */
import * as vscode from 'vscode';
import { useTexts } from '../core/l10n.js';

useTexts(vscode.l10n.bundle);

/** The language of the texts, as HTML names it: English where there is no table. */
export const language = (): string => (vscode.l10n.bundle ? vscode.env.language : 'en');
