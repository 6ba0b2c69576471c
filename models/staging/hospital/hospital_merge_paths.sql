-- every later id on the way from a retired id to the end of its chain; `union` ends a cycle too.
-- That is DuckDB's recursion: an engine that recurses with `union all` only needs a bound on the steps and a distinct.
with recursive merges as (
    select
        row_key as retired_patient_id,
        survivor_key
    from {{ ref('hospital_merge_candidates') }}
    where is_candidate
),

paths as (
    select
        retired_patient_id,
        survivor_key as later_patient_id
    from merges

    union

    select
        paths.retired_patient_id,
        merges.survivor_key as later_patient_id
    from paths
    inner join merges
        on paths.later_patient_id = merges.retired_patient_id
)

select * from paths
