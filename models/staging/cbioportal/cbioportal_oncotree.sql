-- OncoTree's lung cancers in the hospital's classes: a large cell neuroendocrine carcinoma is large cell, a carcinoid other
select
    oncotree_code,
    histology_class
from (
    values
    ('LUAD', 'adenocarcinoma'),
    ('LAIS', 'adenocarcinoma'),
    ('LIAD', 'adenocarcinoma'),
    ('LUSC', 'squamous'),
    ('BLCLC', 'squamous'),
    ('LUAS', 'adenosquamous'),
    ('LCLC', 'large_cell'),
    ('RLCLC', 'large_cell'),
    ('LECLC', 'squamous'),
    ('LUNE', 'large_cell'),
    ('LNET', 'other'),
    ('LUCA', 'other'),
    ('ALUCA', 'other'),
    ('LUPC', 'sarcomatoid'),
    ('SARCL', 'sarcomatoid'),
    ('SPCC', 'sarcomatoid'),
    ('GCLC', 'sarcomatoid'),
    ('SCLC', 'small_cell'),
    ('CSCLC', 'small_cell'),
    ('NSCLC', 'nsclc_nos'),
    ('NSCLCPD', 'nsclc_nos'),
    ('LUACC', 'other'),
    ('LUMEC', 'other'),
    ('SGTTL', 'other'),
    ('NUTCL', 'other')
) as lung_cancers (oncotree_code, histology_class)
