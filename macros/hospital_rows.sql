{#
  The life of a delivered row, the same for every table of the hospital.

  row_versions   settles which version of each key wins, before anything of it is validated
  contract_checks, first_failure   the quarantine rules in the contract's order
  settled        the row's one outcome: current, superseded, duplicate, retracted or quarantined
  hospital_tables   what the hospital delivers
#}

{# `columns` are all columns of the contract for the table, the key first. #}
{% macro row_versions(table, columns) %}
    {%- set key = columns[0] -%}
    with delivered_rows as (
        select
            landed.*,
            batches.batch_rank,
            batches.export_day,
            batches.date_order,
            {{ blank_to_null('landed.' ~ key) }} as row_key,
            {{ read_timestamp('landed.updated_at', 'batches.date_order') }} as updated_at_read,
            lower(landed.is_deleted) in ('y', '1', 'true', '是') as is_tombstone
        from {{ source('hospital', table) }} as landed
        inner join {{ source('landing', 'batches') }} as batches
            on landed._batch_id = batches.batch_id
    ),

    -- a full batch replaces everything older, table by table
    last_full_batch as (
        select coalesce(max(batches.batch_rank), 0) as batch_rank
        from {{ source('landing', 'batch_files') }} as batch_files
        inner join {{ source('landing', 'batches') }} as batches
            on batch_files.batch_id = batches.batch_id
        where batch_files.table_name = '{{ table }}' and batches.mode = 'full'
    ),

    -- identical rows, whichever batch they are in: the last stays
    copies as (
        select
            delivered_rows.*,
            row_number() over (
                partition by {{ columns | join(', ') }}, updated_at, is_deleted, _delivered
                order by batch_rank desc, _line desc
            ) as copy_number
        from delivered_rows
    ),

    contenders as (
        select
            copies.*,
            row_key is not null
            and copy_number = 1
            and copies.batch_rank >= last_full_batch.batch_rank as is_contender
        from copies
        cross join last_full_batch
    ),

    ranked as (
        select
            contenders.*,
            row_number() over (
                partition by row_key, is_contender
                order by updated_at_read desc nulls last, batch_rank desc, _line desc
            ) as version_number
        from contenders
    )

    select
        ranked.*,
        case
            when row_key is null then 'keyless'
            when copy_number > 1 then 'duplicate'
            when not is_contender or version_number > 1 then 'superseded'
            when is_tombstone then 'retracted'
            else 'winner'
        end as version_status
    from ranked
{% endmacro %}

{#
  The checks of a table as [rule, column, condition that fails], in the contract's order. A date column `d` has been
  read into `d_read`. `extra` are the table's own checks, already in the contract's order.
#}
{% macro contract_checks(required, dates=[], months=[], interval=none, patient='patient_id', extra=[]) %}
    {%- set checks = [] -%}
    {%- for column in required -%}
        {#- a blank word is a result of a test, only an empty field is missing -#}
        {%- set missing = column ~ " = ''" if column == 'result_text' else blank_to_null(column) ~ ' is null' -%}
        {%- do checks.append(['missing_value', column, missing]) -%}
    {%- endfor -%}
    {%- for column in dates -%}
        {%- set unread = column ~ '_read is null and ' ~ blank_to_null(column) ~ ' is not null' -%}
        {%- if column in months -%}
            {%- set unread = column ~ '_month is null and ' ~ unread -%}
        {%- endif -%}
        {%- do checks.append(['unreadable_date', column, unread]) -%}
    {%- endfor -%}
    {%- for column in dates -%}
        {#- a month is out of range if it begins after the export day -#}
        {%- set day = 'coalesce(' ~ column ~ '_read, ' ~ column ~ '_month)' if column in months else column ~ '_read' -%}
        {%- do checks.append(['date_out_of_range', column, "not " ~ day ~ " between date '1900-01-01' and export_day"]) -%}
    {%- endfor -%}
    {%- if interval -%}
        {%- do checks.append(['interval_reversed', interval[1], interval[1] ~ '_read < ' ~ interval[0] ~ '_read']) -%}
    {%- endif -%}
    {%- if patient -%}
        {%- do checks.append(['unknown_patient', patient, 'surviving_patient_id is null']) -%}
    {%- endif -%}
    {{ return(checks + extra) }}
{% endmacro %}

{% macro first_failure(checks) -%}
    case
        {%- for rule, column, condition in checks %}
        when {{ condition }} then {{ loop.index }}
        {%- endfor %}
    end
{%- endmacro %}

{# The technical columns and the outcome of every row of `judged`, which holds the number of its first failed check. #}
{% macro settled(checks) -%}
    _batch_id,
    _file,
    _line,
    row_key,
    case
        when version_status = 'keyless' or (version_status = 'winner' and failed_check is not null) then 'quarantined'
        when version_status = 'winner' then 'current'
        else version_status
    end as outcome,
    case failed_check
        {%- for rule, column, condition in checks %}
        when {{ loop.index }} then '{{ rule }}'
        {%- endfor %}
    end as failed_rule,
    case failed_check
        {%- for rule, column, condition in checks %}
        when {{ loop.index }} then '{{ column }}'
        {%- endfor %}
    end as failed_column,
    case failed_check
        {%- for rule, column, condition in checks %}
        when {{ loop.index }} then coalesce({{ json_text('_delivered', column) }}, {{ column }})
        {%- endfor %}
    end as failed_value
{%- endmacro %}

{#- The tables of a hospital's exports. -#}
{%- macro hospital_tables() -%}
{{ return([
    'patients', 'patient_merges', 'diagnoses', 'medications', 'specimens',
    'biomarkers', 'assessments', 'performance_status', 'labs', 'follow_ups'
]) }}
{%- endmacro -%}
