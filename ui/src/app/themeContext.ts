import { createContext, useContext } from "react";
import type { Shown } from "./theme";

/** For what is painted rather than styled: a canvas has to be painted again when the theme changes. */
export const ThemeContext = createContext<Shown>("dark");
export const useShownTheme = (): Shown => useContext(ThemeContext);
