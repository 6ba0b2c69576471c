{%- set columns = [
    'sample_id', 'sv_status', 'site1_hugo_symbol', 'site2_hugo_symbol', 'site1_chromosome', 'site2_chromosome',
    'site1_position', 'site2_position', 'site1_description', 'site2_description', 'site2_effect_on_frame', 'ncbi_build',
    'class', 'tumor_split_read_count', 'tumor_paired_end_read_count', 'event_info', 'breakpoint_type', 'connection_type',
    'annotation', 'dna_support', 'rna_support', 'sv_length', 'normal_read_count', 'tumor_read_count',
    'normal_variant_count', 'tumor_variant_count', 'comments'
] -%}
{%- set checks = study_checks(required=['sample_id'], patient='sample_id') -%}
with versions as (
    {{ study_rows('sv', columns) }}
),

samples as (
    select * from {{ ref('cbioportal_sequenced_samples') }}
),

typed as (
    select
        versions.*,
        samples.patient_id,
        samples.patient_id is not null as patient_known,
        samples.sequenced_on,
        -- what the event is called; the older reports leave a gene out of the two columns, or name one of them twice
        lower(event_info || ' | ' || annotation || ' | ' || site2_effect_on_frame) as event_text,
        upper(site1_hugo_symbol) = 'ALK' as first_is_alk,
        upper(site2_hugo_symbol) = 'ALK' as second_is_alk
    from versions
    left join samples
        on versions.sample_id = samples.sample_id
),

judged as (
    select
        typed.*,
        {{ first_failure(checks) }} as failed_check
    from typed
)

select
    {{ settled(checks) }},
    row_key as test_id,
    patient_id,
    sample_id,
    sequenced_on as reported_on,
    first_is_alk or second_is_alk or {{ names_alk('event_info') }} as is_alk_event,
    -- in either gene order. A break within the gene, a partner that reads the wrong way and a reading frame that is lost
    -- make no ALK fusion protein
    not (first_is_alk and second_is_alk)
    and not {{ matches('event_text', 'intragenic|antisense|anti-sense|out[-_ ]of[-_ ]frame') }}
    and not {{ matches('lower(event_info)', 'within transcript|(deletion|duplication) of [0-9]+ exon') }}
        as is_rearrangement
from judged
