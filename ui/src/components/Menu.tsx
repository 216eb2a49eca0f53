import { Ellipsis } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton, Menu as AriaMenu, MenuItem, MenuTrigger, Popover } from "react-aria-components";

export type Entry = { id: string; label: string; onAction: () => void; danger?: boolean; disabled?: boolean };

/** A button that opens a menu; three dots when it has no words of its own. */
export function Menu({ label, entries, children, look = "plain" }: { label: string; entries: Entry[]; children?: ReactNode; look?: "plain" | "quiet" }) {
  const kind = ["button", look === "quiet" && "button--quiet", !children && "button--icon"].filter(Boolean).join(" ");
  return (
    <MenuTrigger>
      <AriaButton className={kind} aria-label={children ? undefined : label}>{children ?? <Ellipsis size={16} aria-hidden="true" />}</AriaButton>
      <Popover className="popover" offset={4} placement="bottom end">
        <AriaMenu aria-label={label} onAction={(key) => entries.find((e) => e.id === key)?.onAction()} disabledKeys={entries.filter((e) => e.disabled).map((e) => e.id)}>
          {entries.map((e) => <MenuItem key={e.id} id={e.id} className={e.danger ? "item item--danger" : "item"}>{e.label}</MenuItem>)}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
