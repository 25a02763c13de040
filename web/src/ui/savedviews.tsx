// SPDX-License-Identifier: BSD-2-Clause
// Saved views: addresses of pages with all that was chosen on them, under a name, kept in this
// browser.

import { at } from "../core/base";
import { useSignal } from "@preact/signals";
import { titleOf } from "./pages";
import { go, params, path } from "../core/route";
import { savedViews } from "../core/settings";
import { closeDialog, Dialog, openDialog } from "./dialog";
import { Icon } from "./icons";
import { type MenuItem, showMenu } from "./menu";
import { toast } from "./toast";
import { t } from "../words/t";

const MOST = 40;

function here(): string {
	const query = params.value.toString();
	const page = path.value.startsWith("/flows/") ? "/flows" : path.value;
	return query ? `${page}?${query}` : page;
}

function save(name: string): void {
	savedViews.value = [
		...savedViews.value.filter((v) => v.name !== name),
		{ name, to: here() },
	].slice(-MOST);
	toast(t("views.saved", { name }));
}

function remove(name: string): void {
	savedViews.value = savedViews.value.filter((v) => v.name !== name);
}

function Manage() {
	const name = useSignal(params.peek().get("q") || titleOf(path.peek()));
	return (
		<Dialog title={t("word.savedViews")} onClose={closeDialog}>
			<form
				onSubmit={(event) => {
					event.preventDefault();
					save(name.value.trim());
					closeDialog();
				}}
			>
				<label class="field">
					<span>{t("views.saveAs")}</span>
					<input
						type="text"
						maxLength={60}
						required
						autofocus
						value={name.value}
						onInput={(event) => {
							name.value = event.currentTarget.value;
						}}
					/>
				</label>
				<p class="faint saved-to">{here()}</p>
				<div class="dialog-acts">
					<button type="submit" class="primary" disabled={!name.value.trim()}>
						{t("word.save")}
					</button>
				</div>
			</form>
			{savedViews.value.length ? (
				<ul class="saved">
					{savedViews.value.map((view) => (
						<li key={view.name}>
							<a href={at(view.to)} title={view.to} onClick={closeDialog}>
								{view.name}
							</a>
							<button
								type="button"
								class="ghost icon-only"
								aria-label={t("views.remove", { name: view.name })}
								onClick={() => remove(view.name)}
							>
								<Icon name="trash" size={14} />
							</button>
						</li>
					))}
				</ul>
			) : null}
		</Dialog>
	);
}

export function manageViews(): void {
	openDialog.value = () => <Manage />;
}

function items(): MenuItem[] {
	return [
		...savedViews.value.map((view): MenuItem => ({
			label: view.name,
			icon: "link",
			run: () => go(view.to),
		})),
		{
			label: t("views.saveThis"),
			icon: "plus",
			apart: savedViews.value.length > 0,
			run: manageViews,
		},
	];
}

export function SavedButton() {
	return (
		<button
			type="button"
			class="icon-only"
			aria-haspopup="menu"
			aria-label={t("word.savedViews")}
			title={t("word.savedViews")}
			onClick={(event) => showMenu(event.currentTarget, t("word.savedViews"), items)}
		>
			<Icon name="bookmark" />
		</button>
	);
}
