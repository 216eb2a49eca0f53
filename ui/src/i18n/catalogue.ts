// The shape every language has to fill.
import type { en } from "./en";

type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : Texts<T[K]> };
export type Catalogue = Texts<typeof en>;
