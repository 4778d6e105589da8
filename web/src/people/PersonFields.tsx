import { NativeSelect, TextInput } from "@mantine/core";
import type { Ref } from "react";
import type { Person } from "../api/client";
import { type Language, useTexts } from "../i18n";

/** Who somebody is: empty texts for what he does not have. */
export interface PersonData {
  name: string;
  email: string;
  userName: string;
  language: Language;
}

export function dataOf(person: Person): PersonData {
  return { name: person.name, email: person.email ?? "", userName: person.user_name ?? "", language: person.language as Language };
}

/** As the server takes it. */
export function bodyOf({ name, email, userName, language }: PersonData) {
  return { name, email: email === "" ? null : email, user_name: userName === "" ? null : userName, language };
}

interface Props {
  value: PersonData;
  onChange: (value: PersonData) => void;
  /** Whether the browser may fill in what it knows of its own person. */
  isOwn?: boolean;
  /** Whether each field says what it is for, for somebody who is new. */
  explains?: boolean;
  /** A person whose language is what the page speaks is not asked for it. */
  asksLanguage?: boolean;
  nameRef?: Ref<HTMLInputElement>;
}

/** Name, language, e-mail address and user name, of which one of the last two is needed. */
export function PersonFields({ value, onChange, isOwn = false, explains = false, asksLanguage = true, nameRef }: Props) {
  const { t } = useTexts();
  const own = (word: string) => (isOwn ? word : "off");
  return (
    <>
      <TextInput label={t("person.name")} value={value.name} onChange={(event) => onChange({ ...value, name: event.currentTarget.value })} required maxLength={100} autoComplete={own("name")} ref={nameRef} data-autofocus />
      {asksLanguage && (
        <NativeSelect
          label={t("language.label")}
          value={value.language}
          onChange={(event) => onChange({ ...value, language: event.currentTarget.value as Language })}
          data={[
            { value: "pt-BR", label: "Português (Brasil)" },
            { value: "en", label: "English" },
          ]}
        />
      )}
      <TextInput
        label={t("person.email")}
        type="email"
        description={explains ? t("setUp.login") : undefined}
        value={value.email}
        onChange={(event) => onChange({ ...value, email: event.currentTarget.value })}
        required={value.userName === ""}
        withAsterisk={false}
        maxLength={254}
        autoComplete={own("email")}
      />
      <TextInput
        label={t("person.userName")}
        description={explains ? t("person.userNameHint") : undefined}
        value={value.userName}
        onChange={(event) => onChange({ ...value, userName: event.currentTarget.value })}
        required={value.email === ""}
        withAsterisk={false}
        pattern="[A-Za-z0-9_.\-]{2,64}"
        autoComplete={own("username")}
        autoCapitalize="none"
        spellCheck={false}
      />
    </>
  );
}
