-- a cycle of merges is an error: the refresh stops and names these rows
with paths as (
    select * from {{ ref('hospital_merge_paths') }}
),

candidates as (
    select * from {{ ref('hospital_merge_candidates') }}
)

select
    candidates._batch_id as batch_id,
    candidates._file as file_name,
    candidates._line as line_number
from candidates
inner join paths
    on candidates.row_key = paths.retired_patient_id
where candidates.is_candidate and paths.retired_patient_id = paths.later_patient_id
