// A short stand-in for the ethics text that the program ships.
const english = `# Ethics

FaceFiction helps a journalist look at a file they hold. It can be wrong, and when it is wrong about a person that person pays.

## Purpose, and what it is not for

FaceFiction is for journalists, fact-checkers and researchers who examine photos and videos that they are entitled to hold, **one case at a time**.

- It does not recognise who a person is.
- It does not estimate age, sex, origin or mood.

## Harms we considered

| harm | what we do |
|---|---|
| **False accusation** | thresholds are set on the rate of false alarms |
| **Exposing a source** | nothing leaves the machine |

See \`docs/\` for what was measured.
`;

export const ethics = (language: "en" | "fr"): string => (language === "fr" ? english.replace("# Ethics", "# Éthique") : english);
