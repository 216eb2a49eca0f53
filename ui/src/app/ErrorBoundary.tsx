import { Component, type ReactNode } from "react";
import { Button } from "../components/Button";
import { i18n } from "../i18n";

/** The last resort: says that something broke and offers to load the window again. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="empty" role="alert">
        <h1>{i18n.t("app.brokenTitle")}</h1>
        <p>{i18n.t("app.brokenText")}</p>
        <code className="selectable">{error.message}</code>
        <div className="actions"><Button look="primary" onPress={() => window.location.reload()}>{i18n.t("app.reload")}</Button></div>
      </div>
    );
  }
}
