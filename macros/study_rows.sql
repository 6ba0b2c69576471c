{#
  The life of a row of a cBioPortal study folder, the same for every table of it.

  study_rows     settles which rows of the folder count, before anything of them is validated
  study_checks   the quarantine rules in the contract's order; `first_failure` and `settled` then judge the row
  day_number, study_day   days from the first sequencing, and the invented date that stands for such a day
-#}

{# `columns` are all columns of the contract for the table. A warehouse holds one study folder, one batch, so that nothing
   older is there to be replaced; within a file the last row of a key counts. Timelines and structural variants have no
   key: there a row is known by its line, and only an identical row takes its place. #}
{% macro study_rows(table, columns, key=none) %}
    with delivered_rows as (
        select
            landed.*,
            {% if key -%}
            {{ stated('landed.' ~ key) }} as row_key
            {%- else -%}
            '{{ table }}:' || cast(landed._line as {{ dbt.type_string() }}) as row_key
            {%- endif %}
        from {{ source('cbioportal', table) }} as landed
    ),

    -- identical rows: the last stays
    copies as (
        select
            delivered_rows.*,
            row_number() over (
                partition by {{ columns | join(', ') }}, _delivered
                order by _line desc
            ) as copy_number
        from delivered_rows
    ),

    ranked as (
        select
            copies.*,
            row_number() over (
                partition by row_key, copy_number
                order by _line desc
            ) as version_number
        from copies
    )

    select
        ranked.*,
        case
            when row_key is null then 'keyless'
            when copy_number > 1 then 'duplicate'
            when version_number > 1 then 'superseded'
            else 'winner'
        end as version_status
    from ranked
{% endmacro %}

{#
  The checks of a table as [rule, column, condition that fails]. A day column `start_date` has been read into
  `start_date_number`; `interval` names the day columns that begin and end it. `patient` is the column that `patient_known`
  speaks of. `extra` are the table's own checks, already in the contract's order.
#}
{% macro study_checks(required, days=[], interval=none, patient='patient_id', extra=[]) %}
    {%- set checks = [] -%}
    {%- for column in required -%}
        {%- do checks.append(['missing_value', column, stated(column) ~ ' is null']) -%}
    {%- endfor -%}
    {%- for column in days -%}
        {%- do checks.append(['unreadable_date', column, stated(column) ~ ' is not null and ' ~ column ~ '_number is null']) -%}
    {%- endfor -%}
    {%- for column in days -%}
        {#- a century to either side: more than a life, and the invented dates stay within those of the other sources -#}
        {%- do checks.append(['date_out_of_range', column, 'not ' ~ column ~ '_number between -36524 and 36524']) -%}
    {%- endfor -%}
    {%- if interval -%}
        {%- do checks.append(['interval_reversed', interval[1], interval[1] ~ '_number < ' ~ interval[0] ~ '_number']) -%}
    {%- endif -%}
    {%- if patient -%}
        {%- do checks.append(['unknown_patient', patient, 'not patient_known']) -%}
    {%- endif -%}
    {{ return(checks + extra) }}
{% endmacro %}

{#- null for what cBioPortal's files write where nothing is known -#}
{%- macro stated(column) -%}
case
    when lower({{ column }}) in ('[not available]', '[not applicable]', '[not evaluated]', '[unknown]') then null
    else {{ blank_to_null(column) }}
end
{%- endmacro -%}

{#- A whole number of days, with a fraction of zeros at most (tools that write a column with gaps add one); else null. -#}
{%- macro day_number(column) -%}
case
    when {{ matches(column, '^-?[0-9]{1,9}([.]0+)?$') }} then try_cast({{ regex_replace_all(column, '[.]0+$') }} as integer)
end
{%- endmacro -%}

{#- Day 0, a patient's first sequencing, is put on one invented date for everybody: differences between days of a patient
    are real, the calendar is not, and `calendar_dates` is not available. -#}
{%- macro study_day(number) -%}
{{ add_days("date '2000-01-01'", number) }}
{%- endmacro -%}

{#- Small cell, the combined kind too, unless the words say the opposite ("Non-Small Cell Lung Cancer"). -#}
{%- macro is_small_cell_text(column) -%}
{{ matches(regex_replace_all(column, 'non[- ]?small[- ]cell'), 'small[- ]cell') }}
{%- endmacro -%}

{#- The ICD-10 code of a registry's ICD-O-3 codes. A malignant solid tumour has the code of its topography, with the point
    put in (C349: C34.9); what is in situ, of another behaviour or of blood and lymph has not, wherever it grows:
    a lymphoma of the lung is no lung cancer. -#}
{%- macro icd10_of_icdo(topography, morphology, behaviour) -%}
case
    when {{ topography }} is null then null
    when {{ morphology }} >= 9590 then 'C96.9'
    when {{ behaviour }} = '2' and {{ topography }} like 'C34%' then 'D02.2'
    when {{ behaviour }} = '2' then 'D09.9'
    when {{ behaviour }} in ('0', '1') then 'D48.9'
    when length({{ topography }}) = 3 then {{ topography }}
    else substr({{ topography }}, 1, 3) || '.' || substr({{ topography }}, 4, 1)
end
{%- endmacro -%}

{#- Whether ALK is named as a word: EML4-ALK and {ALK:EML4}, but not ALKBH2. -#}
{%- macro names_alk(column) -%}
{{ matches('upper(' ~ column ~ ')', '(^|[^A-Z0-9])ALK([^A-Z0-9]|$)') }}
{%- endmacro -%}

{#- The files of a study folder that are read. -#}
{%- macro study_tables() -%}
{{ return([
    'clinical_patient', 'clinical_sample', 'sv', 'timeline_treatment', 'timeline_progression', 'timeline_pdl1',
    'timeline_diagnosis', 'timeline_performance_status', 'timeline_specimen', 'timeline_tumor_sites'
]) }}
{%- endmacro -%}
