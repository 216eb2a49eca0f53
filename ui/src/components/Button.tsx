// Buttons of the window. The words are on the button; an icon alone carries them as its name and tooltip.
import type { ReactNode } from "react";
import { Button as Aria, type ButtonProps, ToggleButton as AriaToggle, type ToggleButtonProps, Tooltip, TooltipTrigger } from "react-aria-components";

type Look = { look?: "plain" | "primary" | "danger" | "quiet"; small?: boolean };

const classes = ({ look = "plain", small }: Look, icon = false): string =>
  ["button", look !== "plain" && `button--${look}`, small && "button--small", icon && "button--icon"].filter(Boolean).join(" ");

export function Button({ look, small, ...props }: ButtonProps & Look) {
  return <Aria {...props} className={classes({ look, small })} />;
}

export function ToggleButton({ look, small, ...props }: ToggleButtonProps & Look) {
  return <AriaToggle {...props} className={classes({ look, small })} />;
}

type IconProps = Omit<ButtonProps, "aria-label" | "children"> & Look & { label: string; keys?: string; children: ReactNode };

export function IconButton({ look, small, label, keys, children, ...props }: IconProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      <Aria {...props} aria-label={label} className={classes({ look, small }, true)}>{children}</Aria>
      <Tooltip className="tooltip" offset={6}>
        {label}
        {keys && <span className="key">{keys}</span>}
      </Tooltip>
    </TooltipTrigger>
  );
}
