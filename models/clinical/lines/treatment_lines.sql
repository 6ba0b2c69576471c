-- rules 5 and 9: lines of therapy with their regimen and its class
with line_starts as (
    select * from {{ ref('line_starts') }}
),

line_eras as (
    select * from {{ ref('possible_line_eras') }}
),

ingredients as (
    select * from {{ ref('line_ingredients') }}
),

regimens as (
    select
        patient_id,
        line_number,
        {{ string_list('ingredient', ' + ') }} as regimen,
        bool_or(drug_class = 'ici') as has_ici,
        bool_or(drug_class = 'chemotherapy') as has_chemotherapy,
        -- an antibody that also blocks VEGF is of class ici and an ICI only
        bool_or(drug_class = 'anti_angiogenic') as has_anti_angiogenic,
        bool_or(drug_class = 'alk_tki') as has_alk_tki
    from ingredients
    group by patient_id, line_number
),

line_ends as (
    select
        line_starts.patient_id,
        line_starts.line_number,
        max(line_eras.ended_on) as last_day
    from line_starts
    inner join line_eras
        on line_starts.patient_id = line_eras.patient_id
        and line_starts.started_on = line_eras.line_start
        and (line_starts.next_started_on is null or line_eras.era_start < line_starts.next_started_on)
    group by line_starts.patient_id, line_starts.line_number
)

select
    line_starts.patient_id,
    line_starts.line_number,
    line_starts.started_on,
    -- the last day of its eras, but not later than the day before the next line
    least(line_ends.last_day, {{ add_days('line_starts.next_started_on', -1) }}) as ended_on,
    line_starts.next_started_on,
    regimens.regimen,
    case
        when has_ici and has_chemotherapy and has_anti_angiogenic then 'ici_chemo_antiangiogenic'
        when has_ici and has_chemotherapy then 'ici_chemo'
        when has_ici and has_anti_angiogenic then 'ici_antiangiogenic'
        when has_ici then 'ici_mono'
        when has_chemotherapy and has_anti_angiogenic then 'chemo_antiangiogenic'
        when has_chemotherapy then 'chemo'
        when has_alk_tki then 'alk_tki'
        else 'other'
    end as regimen_class,
    regimens.has_ici,
    regimens.has_chemotherapy,
    regimens.has_anti_angiogenic,
    regimens.has_alk_tki
from line_starts
inner join regimens
    on line_starts.patient_id = regimens.patient_id
    and line_starts.line_number = regimens.line_number
inner join line_ends
    on line_starts.patient_id = line_ends.patient_id
    and line_starts.line_number = line_ends.line_number
