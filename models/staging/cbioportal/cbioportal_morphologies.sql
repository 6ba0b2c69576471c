-- ICD-O-3 morphologies of lung cancers, from the first to the last code of each class, which are the hospital's classes.
-- A code of none (carcinoma without further words, rare kinds) says nothing of the histology
select
    first_code,
    last_code,
    histology_class
from (
    values
    (8012, 8014, 'large_cell'),
    (8022, 8022, 'sarcomatoid'),
    (8030, 8033, 'sarcomatoid'),
    (8041, 8045, 'small_cell'),
    (8046, 8046, 'nsclc_nos'),
    (8070, 8084, 'squamous'),
    (8123, 8123, 'squamous'),
    (8140, 8147, 'adenocarcinoma'),
    (8200, 8200, 'other'),
    (8201, 8201, 'adenocarcinoma'),
    (8211, 8211, 'adenocarcinoma'),
    (8230, 8230, 'adenocarcinoma'),
    (8240, 8249, 'other'),
    (8250, 8265, 'adenocarcinoma'),
    (8310, 8333, 'adenocarcinoma'),
    (8430, 8430, 'other'),
    (8480, 8490, 'adenocarcinoma'),
    (8507, 8507, 'adenocarcinoma'),
    (8550, 8551, 'adenocarcinoma'),
    (8560, 8560, 'adenosquamous'),
    (8570, 8576, 'adenocarcinoma'),
    (8972, 8980, 'sarcomatoid')
) as morphologies (first_code, last_code, histology_class)
