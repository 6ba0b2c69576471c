{#- What engines read differently, and nothing else: models and the other macros keep to SQL that DuckDB and Spark mean
    alike and reach the rest through these names. `default__` speaks DuckDB; another engine adds `<engine>__` beside it.
    What no macro can hide are two recursions, which hospital_merge_paths and drug_text_matches own up to in their headers.
    Patterns are texts in jinja, not SQL, in the common part of RE2 and Java's syntax: no look-around, no
    back-references and no backslash ([0-9], [.], [(]), which SQL dialects quote differently. -#}

{#- The date `days` later. -#}
{%- macro add_days(date, days) -%}{{ adapter.dispatch('add_days')(date, days) }}{%- endmacro -%}
{%- macro default__add_days(date, days) -%}cast({{ date }} + cast({{ days }} as integer) as date){%- endmacro -%}

{#- later - earlier in whole days, an integer. -#}
{%- macro days_between(later, earlier) -%}{{ adapter.dispatch('days_between')(later, earlier) }}{%- endmacro -%}
{%- macro default__days_between(later, earlier) -%}
cast(cast({{ later }} as date) - cast({{ earlier }} as date) as integer)
{%- endmacro -%}

{#- Completed years of age on a day. Who was born on 29 February has the birthday on 1 March in other years (rule 12):
    the comparison of month and day as numbers says just that. -#}
{%- macro completed_years(birth, on) -%}{{ adapter.dispatch('completed_years')(birth, on) }}{%- endmacro -%}
{%- macro default__completed_years(birth, on) -%}
cast(year({{ on }}) - year({{ birth }})
    - case when month({{ on }}) * 100 + day({{ on }}) < month({{ birth }}) * 100 + day({{ birth }}) then 1 else 0 end
    as integer)
{%- endmacro -%}

{%- macro last_day_of_month(date) -%}{{ adapter.dispatch('last_day_of_month')(date) }}{%- endmacro -%}
{%- macro default__last_day_of_month(date) -%}last_day({{ date }}){%- endmacro -%}

{#- Whether the pattern occurs in the text; anchor it to ask for the whole text. Null of null. -#}
{%- macro matches(text, pattern) -%}{{ adapter.dispatch('matches')(text, pattern) }}{%- endmacro -%}
{%- macro default__matches(text, pattern) -%}
regexp_matches({{ text }}, '{{ pattern | replace("'", "''") }}')
{%- endmacro -%}

{#- What a group of the first match holds; null without a match, and where the group took no part or is empty. -#}
{%- macro regex_extract(text, pattern, group=0) -%}{{ adapter.dispatch('regex_extract')(text, pattern, group) }}{%- endmacro -%}
{%- macro default__regex_extract(text, pattern, group) -%}
nullif(regexp_extract({{ text }}, '{{ pattern | replace("'", "''") }}', {{ group }}), '')
{%- endmacro -%}

{#- Every match replaced; {1} to {4} in the replacement stand for what the pattern's groups held. -#}
{%- macro regex_replace_all(text, pattern, replacement='') -%}
{{ adapter.dispatch('regex_replace_all')(text, pattern, replacement) }}
{%- endmacro -%}
{%- macro default__regex_replace_all(text, pattern, replacement) -%}
{%- set written = namespace(text=replacement | replace("'", "''")) -%}
{%- for group in range(1, 5) -%}
    {%- set written.text = written.text | replace('{' ~ group ~ '}', '\\' ~ group) -%}
{%- endfor -%}
regexp_replace({{ text }}, '{{ pattern | replace("'", "''") }}', '{{ written.text }}', 'g')
{%- endmacro -%}

{#- The group's distinct values in one text, nulls left out; null of none. In the order of the values, or of `order`, an
    expression that must depend on the value alone. -#}
{%- macro string_list(column, separator=', ', order=none) -%}
{{ adapter.dispatch('string_list')(column, separator, order) }}
{%- endmacro -%}
{%- macro default__string_list(column, separator, order) -%}
{%- set literal = "'" ~ (separator | replace("'", "''")) ~ "'" -%}
{%- if order is none -%}
string_agg(distinct {{ column }}, {{ literal }} order by {{ column }})
{%- else -%}
array_to_string(list_transform(
    list_sort(list(distinct struct_pack(place := {{ order }}, entry := {{ column }})) filter (where {{ column }} is not null)),
    lambda item: item.entry), {{ literal }})
{%- endif -%}
{%- endmacro -%}

{#- 64 lower-case hexadecimal digits of the text's UTF-8 bytes. -#}
{%- macro sha256_hex(text) -%}{{ adapter.dispatch('sha256_hex')(text) }}{%- endmacro -%}
{%- macro default__sha256_hex(text) -%}sha256({{ text }}){%- endmacro -%}

{#- The text under a key (a jinja text) of a well-formed JSON object; null where it lacks the key. -#}
{%- macro json_text(json_column, key) -%}{{ adapter.dispatch('json_text')(json_column, key) }}{%- endmacro -%}
{%- macro default__json_text(json_column, key) -%}
json_extract_string({{ json_column }}, '$."{{ key | replace("'", "''") }}"')
{%- endmacro -%}
