// Shows the program's own texts. Built from a parsed tree, never from HTML; links are words only, for nothing here leads outside.
import { marked, type Token, type Tokens } from "marked";
import { Fragment, type ReactNode } from "react";

export function Markdown({ text }: { text: string }) {
  return <div className="prose">{blocks(marked.lexer(text))}</div>;
}

const blocks = (tokens: Token[]): ReactNode => tokens.map((token, i) => <Fragment key={i}>{block(token)}</Fragment>);
const inline = (tokens: Token[] | undefined): ReactNode => tokens?.map((token, i) => <Fragment key={i}>{span(token)}</Fragment>);

function block(token: Token): ReactNode {
  switch (token.type) {
    case "heading": {
      const { depth, tokens } = token as Tokens.Heading;
      const Tag = depth === 1 ? "h1" : depth === 2 ? "h2" : "h3";
      return <Tag>{inline(tokens)}</Tag>;
    }
    case "paragraph":
      return <p>{inline((token as Tokens.Paragraph).tokens)}</p>;
    case "list": {
      const { ordered, items } = token as Tokens.List;
      const Tag = ordered ? "ol" : "ul";
      return <Tag>{items.map((item, i) => <li key={i}>{blocks(item.tokens)}</li>)}</Tag>;
    }
    case "table": {
      const { header, rows } = token as Tokens.Table;
      return (
        <table>
          <thead><tr>{header.map((cell, i) => <th key={i} scope="col">{inline(cell.tokens)}</th>)}</tr></thead>
          <tbody>{rows.map((row, i) => <tr key={i}>{row.map((cell, k) => <td key={k}>{inline(cell.tokens)}</td>)}</tr>)}</tbody>
        </table>
      );
    }
    case "code":
      return <pre><code>{(token as Tokens.Code).text}</code></pre>;
    case "blockquote":
      return <blockquote>{blocks((token as Tokens.Blockquote).tokens)}</blockquote>;
    case "text": {
      const { tokens, text } = token as Tokens.Text;
      return tokens ? inline(tokens) : text;
    }
    default:
      return null;
  }
}

function span(token: Token): ReactNode {
  switch (token.type) {
    case "strong":
      return <strong>{inline((token as Tokens.Strong).tokens)}</strong>;
    case "em":
      return <em>{inline((token as Tokens.Em).tokens)}</em>;
    case "codespan":
      return <code>{(token as Tokens.Codespan).text}</code>;
    case "link":
      return inline((token as Tokens.Link).tokens);
    case "br":
      return <br />;
    case "text":
    case "escape": {
      const { tokens, text } = token as Tokens.Text;
      return tokens ? inline(tokens) : text;
    }
    default:
      return null;
  }
}
