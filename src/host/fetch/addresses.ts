/** Addresses of services: those of the user's settings, and those that were fetched from before. The latter are kept as secrets. */

import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import { completeAddress } from '../../core/address.js';
import { t } from '../../core/l10n.js';
import type { Ctx } from '../ctx.js';
import type { Service } from './service.js';

const SECRET = 'heatline.fetch.addresses';
const KEPT = 10;

export interface Named extends Service {
  readonly name?: string;
}

/** Services of the user's settings. Those of a workspace are not asked for: whoever wrote them is not the user. */
export function savedServices(): Named[] {
  const raw = vscode.workspace.getConfiguration('heatline').inspect<unknown>('fetch.services')?.globalValue;
  return (Array.isArray(raw) ? raw : []).flatMap((each: unknown) => {
    const { name, url, cacert, cert, key, insecure } = (typeof each === 'object' && each !== null ? each : {}) as Record<string, unknown>;
    if (typeof url !== 'string' || url === '') return [];
    const texts = Object.entries({ name, cacert, cert, key }).filter(([, value]) => typeof value === 'string' && value !== '');
    return [{ url, ...Object.fromEntries(texts), ...(insecure === true ? { insecure } : {}) }];
  });
}

/** Those of before, the last one first. */
export async function knownServices(ctx: Ctx): Promise<Service[]> {
  try {
    const value: unknown = JSON.parse((await ctx.context.secrets.get(SECRET)) ?? '[]');
    return Array.isArray(value) ? value.filter((each) => typeof each?.url === 'string') : [];
  } catch {
    return [];
  }
}

/** Keeps a service, first of all. */
export async function keepService(ctx: Ctx, service: Service): Promise<void> {
  const others = (await knownServices(ctx)).filter(({ url }) => url !== service.url);
  await ctx.context.secrets.store(SECRET, JSON.stringify([service, ...others].slice(0, KEPT)));
}

async function forgetService(ctx: Ctx, service: Service): Promise<void> {
  const others = (await knownServices(ctx)).filter(({ url }) => url !== service.url);
  await ctx.context.secrets.store(SECRET, JSON.stringify(others));
}

/** What stands for a service where no secret may be. */
export const idOf = ({ url }: Service): string => createHash('sha256').update(url).digest('hex').slice(0, 16);

type Item = vscode.QuickPickItem & { readonly service: Service };

/** Lets the user choose a service or type its address. @throws CancellationError */
export async function pickService(ctx: Ctx): Promise<Service> {
  const picker = vscode.window.createQuickPick<Item>();
  picker.title = t('Fetch a Profile from a Service');
  picker.placeholder = t('Its address: localhost:6060, or https://host/debug/pprof/heap');
  picker.ignoreFocusOut = true;
  const forget: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('trash'), tooltip: t('Forget This Address') };
  let items: readonly Item[] = [];
  const fill = async () => {
    const before = await knownServices(ctx);
    const settings = savedServices();
    // A login that was asked for belongs to the address, wherever that is kept.
    const saved = settings.map((service) => ({
      label: `$(bookmark) ${service.name ?? shownUrl(service)}`,
      ...(service.name ? { description: shownUrl(service) } : {}),
      service: { ...before.find(({ url }) => url === service.url), ...service },
    }));
    const others = before.filter((service) => !settings.some(({ url }) => url === service.url));
    const known = others.map((service) => ({
      label: `$(history) ${shownUrl(service)}`,
      ...(service.authorization ? { description: t('with a login') } : {}),
      buttons: [forget],
      service,
    }));
    items = [...saved, ...known];
    show();
  };
  const show = () => {
    const typed = picker.value.trim();
    picker.items = typed === '' ? items : [{ label: `$(globe) ${typed}`, alwaysShow: true, service: { url: typed } }, ...items];
  };
  try {
    await fill();
    return await new Promise<Service>((resolve, reject) => {
      picker.onDidChangeValue(show);
      picker.onDidTriggerItemButton(async ({ item }) => {
        await forgetService(ctx, item.service);
        await fill();
      });
      picker.onDidAccept(() => {
        const chosen = picker.selectedItems[0]?.service;
        if (!chosen) return;
        try {
          completeAddress(chosen.url);
          resolve(chosen);
        } catch (error) {
          reject(error);
        }
      });
      picker.onDidHide(() => reject(new vscode.CancellationError()));
      picker.show();
    });
  } finally {
    picker.dispose();
  }
}

/** A service's address without what is nobody's business. */
function shownUrl({ url }: Service): string {
  try {
    const { bare, shown, url: whole } = completeAddress(url);
    return bare ? whole.host : shown.replace(/^http:\/\//, '');
  } catch {
    return t('an address that is none');
  }
}
