{#- Readers of the exports' values ("What the values look like"). Each takes a column of landed text (NFKC, stripped, ''
    where absent) or any expression of one, and gives null for what it can't read: only try_cast, so nothing raises. -#}

{#- null for '' and for the words that mean nothing was written. chr(92) is the backslash of \N. -#}
{%- macro blank_to_null(column) -%}
case
    when lower({{ column }}) in ('', 'null', chr(92) || 'n', 'na', 'n/a', '-', '--', '无', '未知', 'unknown') then null
    else {{ column }}
end
{%- endmacro -%}

{#- A time after a blank or a T, at the end of a lower-case text. Groups: 2 or 3 the hour, 4 the minute, 6 the second, 8
    its fraction, 9 am or pm. The offset counts for nothing: a time is read as written. -#}
{%- macro time_pattern() -%}
( +|t)(?:([01][0-9]|2[0-4]):?|([0-9]):)([0-5][0-9])(:?([0-5][0-9])([.,]([0-9]+))?)? ?([ap]m)? ?(z|utc|gmt|[+-][0-9]{2}(:?[0-9]{2})?)?$
{%- endmacro -%}

{#- The date, of any shape of the contract and an optional time. 3/5/2021 needs `date_order`, an expression that is 'mdy',
    'dmy' or null. Months and other partial dates, and days that no calendar has, are null. -#}
{%- macro read_date(column, date_order='null') -%}
{%- set text = 'lower(' ~ column ~ ')' -%}
{%- set end = '(?:$|' ~ time_pattern() ~ ')' -%}
{%- set year_first = '^(?:[0-9]{4}(?:-[0-9]{1,2}-|/[0-9]{1,2}/|[.][0-9]{1,2}[.])[0-9]{1,2}|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日)' -%}
{%- set compact = '^([0-9]{4})([0-9]{2})([0-9]{2})' -%}
{%- set named = '^([0-9]{1,2})-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-([0-9]{4})' -%}
{%- set slashed = '^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})' -%}
{%- set month_of_name = "(instr('janfebmaraprmayjunjulaugsepoctnovdec', " ~ regex_extract(text, named, 2) ~ ') + 2) / 3' -%}
try_cast(case
    -- most dates of an export, read without taking them apart
    when {{ matches(column, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$') }} then {{ column }}
    when {{ matches(text, year_first ~ end) }} then
        {{ regex_extract(text, '^[0-9]+') }}
        || '-' || {{ regex_extract(text, '^[0-9]+[^0-9]([0-9]+)', 1) }}
        || '-' || {{ regex_extract(text, '^[0-9]+[^0-9][0-9]+[^0-9]([0-9]+)', 1) }}
    when {{ matches(text, compact ~ end) }} then
        {{ regex_extract(text, compact, 1) }}
        || '-' || {{ regex_extract(text, compact, 2) }}
        || '-' || {{ regex_extract(text, compact, 3) }}
    when {{ matches(text, named ~ end) }} then
        {{ regex_extract(text, named, 3) }}
        || '-' || cast(cast({{ month_of_name }} as integer) as {{ dbt.type_string() }})
        || '-' || {{ regex_extract(text, named, 1) }}
    when {{ matches(text, slashed ~ end) }} and {{ date_order }} in ('mdy', 'dmy') then
        {{ regex_extract(text, slashed, 3) }}
        || '-' || case {{ date_order }} when 'mdy' then {{ regex_extract(text, slashed, 1) }} else {{ regex_extract(text, slashed, 2) }} end
        || '-' || case {{ date_order }} when 'mdy' then {{ regex_extract(text, slashed, 2) }} else {{ regex_extract(text, slashed, 1) }} end
end as date)
{%- endmacro -%}

{#- The first day of a month written without its day, which only a death date may be. -#}
{%- macro read_month(column) -%}
{%- set is_month = matches(column, '^[0-9]{4}(-[0-9]{1,2}|年[0-9]{1,2}月)$') -%}
try_cast(case when {{ is_month }}
    then {{ regex_extract(column, '^[0-9]{4}') }} || '-' || {{ regex_extract(column, '([0-9]{1,2})月?$', 1) }} || '-01'
end as date)
{%- endmacro -%}

{#- The timestamp as written, its offset ignored; midnight where only a date is written. -#}
{%- macro read_timestamp(column, date_order='null') -%}
{%- set text = 'lower(' ~ column ~ ')' -%}
{%- set time = time_pattern() -%}
{%- set hour = 'try_cast(coalesce(' ~ regex_extract(text, time, 2) ~ ', ' ~ regex_extract(text, time, 3) ~ ', \'0\') as integer)' -%}
{%- set half = regex_extract(text, time, 9) -%}
try_cast(cast({{ read_date(column, date_order) }} as {{ dbt.type_string() }})
    || ' ' || cast(case
        when {{ half }} = 'pm' and {{ hour }} < 12 then {{ hour }} + 12
        when {{ half }} = 'am' and {{ hour }} = 12 then 0
        else {{ hour }}
    end as {{ dbt.type_string() }})
    || ':' || coalesce({{ regex_extract(text, time, 4) }}, '00')
    || ':' || coalesce({{ regex_extract(text, time, 6) }}, '00')
    || '.' || coalesce(substr({{ regex_extract(text, time, 8) }}, 1, 6), '0') as timestamp)
{%- endmacro -%}

{#- A text in lower case, on one line (quoted fields may hold line breaks and tabs) and with one sign for the many dashes,
    which NFKC leaves apart. -#}
{%- macro plain_text(column) -%}
translate(lower({{ column }}), chr(9) || chr(10) || chr(13) || '‐‑‒–—―−', '   -------')
{%- endmacro -%}

{#- A text after all replacements of `rules`, [pattern, replacement] in their order. -#}
{%- macro rewrite(text, rules) -%}
{%- set sql = namespace(text=text) -%}
{%- for pattern, replacement in rules -%}
    {%- set sql.text = regex_replace_all(sql.text, pattern, replacement) -%}
{%- endfor -%}
{{ sql.text }}
{%- endmacro -%}

{#- Whether a plain text names a term of a vocabulary (lower case). Latin terms are whole words, with any other sign between
    them as good as a blank (non-small cell); Chinese terms are found anywhere. -#}
{%- macro names_term(text, term) -%}
case
    when {{ matches(term, '^[a-z0-9 ]+$') }}
        then instr(' ' || {{ regex_replace_all(text, '[^a-z0-9]+', ' ') }} || ' ', ' ' || {{ regex_replace_all(term, ' +', ' ') }} || ' ') > 0
    else instr({{ text }}, {{ term }}) > 0
end
{%- endmacro -%}

{#- The pattern of a stage group in a plain text: Roman, or Arabic with 期 or stage or alone, with c/p/y/r/a prefixes. A
    question mark behind it makes it none. `letter` is '' or a pattern of the group's letter, whose digit (IA3) is left out. -#}
{%- macro stage_pattern(roman, digit, letter) -%}
{%- set rest = ' ?' ~ letter ~ '[1-4]?' if letter else '' -%}
{%- set end = '(?: ?期)?(?:$|[^a-z0-9?期])' -%}
(?:^|[^a-z0-9]|stage)[acpry]*{{ roman }}{{ rest }}{{ end }}|(?:^|[^a-z0-9])[acpry]*{{ digit }}{{ rest }} ?期(?:$|[^?])|stage[ :]*[acpry]*{{ digit }}{{ rest }}{{ end }}|^[acpry]*{{ digit }}{{ rest }}$
{%- endmacro -%}

{#- The ECOG grade as an integer: a number alone or with ECOG, PS, score, 分 or 评分. Any other integer (6, 90, -1) is given
    too, for a grade outside 0 to 5 is impossible and not unreadable. Null where there is no number, more than one (1-2),
    a fraction, or any other word. -#}
{%- macro read_ecog(column) -%}
{%- set words = '(ecog|ps|score|评分|分)(-| - )?|[ :=_,;()]' -%}
{%- set digits = regex_replace_all('lower(' ~ column ~ ')', words) -%}
case when {{ matches(column, '^[^0-9]*[0-9]+[^0-9]*$') }} and {{ matches(digits, '^-?(0|[1-9][0-9]{0,8})$') }}
    then try_cast({{ digits }} as integer)
end
{%- endmacro -%}
