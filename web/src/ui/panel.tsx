// SPDX-License-Identifier: BSD-2-Clause
// A titled box of a dashboard: a picture, or the same as a table, both to be had as files, and a way
// to Flows.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { type Cell, csv, download } from "../core/csv";
import { Icon } from "./icons";
import { showMenu } from "./menu";
import { toast } from "./toast";
import { t } from "../words/t";

interface TwinRow {
	key: string;
	label: ComponentChildren;
	/** the label in the CSV, when it is more than the key */
	name?: string;
	cells: ComponentChildren[];
	/** the same, exact */
	exact: Cell[];
	href?: string;
}

/** The plain table behind a picture. */
export interface Table {
	head: string[];
	rows: TwinRow[];
}

interface PanelProps {
	title: string;
	help: string;
	area: string;
	/** the picture's twin, for those who read tables and for spreadsheets */
	table?: () => Table;
	controls?: ComponentChildren;
	open?: string;
	/** of its title, where it stands under others */
	heading?: "h2" | "h4";
	children: ComponentChildren;
}

const fileOf = (title: string, ending: string) =>
	`flowbpf-${title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")}.${ending}`;

function saveTable(title: string, { head, rows }: Table): void {
	download(
		fileOf(title, "csv"),
		"text/csv",
		csv([head, ...rows.map((row) => [row.name ?? row.key, ...row.exact])]),
	);
}

async function savePicture(title: string, panel: HTMLElement): Promise<void> {
	try {
		const { pictureOf } = await import("../core/picture");
		const [head, body] = [
			panel.querySelector(".panel-head > :is(h2, h4)"),
			panel.querySelector(".panel-body"),
		];
		const picture = await pictureOf(head as HTMLElement, body as HTMLElement);
		download(fileOf(title, "png"), "image/png", picture);
	} catch {
		toast(t("panel.noPicture"), "bad");
	}
}

function downloads(button: HTMLElement, title: string, table: () => Table): void {
	const panel = button.closest<HTMLElement>(".panel")!;
	showMenu(button, t("panel.download", { title }), () => [
		{ label: t("panel.csv"), icon: "table", run: () => saveTable(title, table()) },
		{ label: t("panel.png"), icon: "chart", run: () => void savePicture(title, panel) },
	]);
}

function Twin({ caption, table }: { caption: string; table: Table }) {
	return (
		<div class="twin" tabIndex={0} role="group" aria-label={caption}>
			<table class="small">
				<caption class="visually-hidden">{caption}</caption>
				<thead>
					<tr>
						{table.head.map((h) => (
							<th key={h} scope="col">
								{h}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{table.rows.map((row) => (
						<tr key={row.key}>
							<th scope="row">
								{row.href ? <a href={row.href}>{row.label}</a> : row.label}
							</th>
							{row.cells.map((cell, i) => (
								<td
									key={i}
									title={
										typeof row.exact[i] === "number"
											? String(row.exact[i])
											: undefined
									}
								>
									{cell}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

export function Panel({
	title,
	help,
	area,
	table,
	controls,
	open,
	heading: Heading = "h2",
	children,
}: PanelProps) {
	const asTable = useSignal(false);
	return (
		<section class={`panel ${area}`} aria-label={title}>
			<header class="panel-head">
				<Heading title={help}>{title}</Heading>
				<span class="spring" />
				{controls}
				{table ? (
					<span class="panel-tools">
						<button
							type="button"
							class="ghost icon-only"
							aria-pressed={asTable.value}
							aria-label={t("panel.asATable", { title })}
							title={asTable.value ? t("panel.showPicture") : t("panel.showTable")}
							onClick={() => {
								asTable.value = !asTable.value;
							}}
						>
							<Icon name={asTable.value ? "chart" : "table"} size={15} />
						</button>
						<button
							type="button"
							class="ghost icon-only"
							aria-haspopup="menu"
							aria-label={t("panel.download", { title })}
							title={t("panel.download", { title })}
							onClick={(event) => downloads(event.currentTarget, title, table)}
						>
							<Icon name="export" size={15} />
						</button>
					</span>
				) : null}
				{open ? (
					<a
						class="panel-open"
						href={open}
						aria-label={t("panel.openTitleInFlows", { title })}
						title={t("panel.openInFlows")}
					>
						<Icon name="flows" size={15} />
					</a>
				) : null}
			</header>
			<div class="panel-body">
				{table && asTable.value ? <Twin caption={title} table={table()} /> : children}
			</div>
		</section>
	);
}
