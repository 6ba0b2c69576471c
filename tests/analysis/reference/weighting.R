# Propensity weighting, E-values and Rubin's rules: what r_survival.json has no values of. Rscript weighting.R > weighting.json
suppressMessages({library(survival); library(jsonlite)})

number <- function(x) signif(as.numeric(x), 13)
quantity <- function(id, dataset, spec, r_call, values)
  list(id = id, dataset = dataset, spec = spec, r_call = r_call, values = values, rtol = 1e-6)

lung <- read.csv("lung.csv")
lung <- lung[complete.cases(lung[c("ph.ecog", "wt.loss")]), ]
lung$event <- lung$status == 2
lung$female <- as.numeric(lung$sex == 2)
covariates <- c("age", "ph.ecog", "wt.loss")
model <- glm(female ~ age + ph.ecog + wt.loss, binomial, lung, control = glm.control(epsilon = 1e-14, maxit = 100))
e <- fitted(model)

compared <- function(w) {
  fit <- coxph(Surv(time, event) ~ female, lung, weights = w, robust = TRUE,
               control = coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 100))
  limits <- summary(fit)$conf.int
  curve <- summary(survfit(Surv(time, event) ~ female, lung, weights = w), times = 365)$surv
  middle <- function(x, w) sum(x * w) / sum(w)
  smd <- sapply(covariates, function(x) {
    a <- lung[lung$female == 1, x]; b <- lung[lung$female == 0, x]
    (middle(a, w[lung$female == 1]) - middle(b, w[lung$female == 0])) / sqrt((var(a) + var(b)) / 2) })
  ess <- function(w) sum(w)^2 / sum(w^2)
  list(sum = number(sum(w)), max = number(max(w)), min = number(min(w)),
       ess = number(c(ess(w[lung$female == 1]), ess(w[lung$female == 0]))),
       coef = number(coef(fit)), robust_se = number(sqrt(vcov(fit)[1, 1])), hr = number(limits[1]), hr_lower = number(limits[3]),
       hr_upper = number(limits[4]), p = number(summary(fit)$coefficients[1, "Pr(>|z|)"]),
       km_365 = list(male = number(curve[1]), female = number(curve[2])), smd_after = as.list(number(smd) |> setNames(covariates)))
}
overlap <- compared(ifelse(lung$female == 1, 1 - e, e))
overlap$smd_after <- NULL # zero but for rounding: a test of its own

scores <- list(
  coef = number(coef(model)), se = number(sqrt(diag(vcov(model)))),
  range_first = number(range(e[lung$female == 1])), range_second = number(range(e[lung$female == 0])))

rr <- function(hr) (1 - 0.5^sqrt(hr)) / (1 - 0.5^sqrt(1 / hr))
ev <- function(r) { r <- if (r < 1) 1 / r else r; r + sqrt(r * (r - 1)) }
e_value <- function(hr, lower, upper, rare) {
  convert <- if (rare) identity else rr
  nearer <- if (hr < 1) upper else lower
  list(input = c(hr, lower, upper), rare = rare, estimate = number(ev(convert(hr))),
       limit = if (lower <= 1 && upper >= 1) 1 else number(ev(convert(nearer))))
}

rubin <- function(q, u, complete = Inf, level = 0.95) {
  m <- length(q); b <- var(q); w <- mean(u); t <- w + (1 + 1 / m) * b
  share <- (1 + 1 / m) * b / t; old <- (m - 1) / share^2
  df <- old
  if (is.finite(complete)) { seen <- (complete + 1) / (complete + 3) * complete * (1 - share); df <- old * seen / (old + seen) }
  r <- (1 + 1 / m) * b / w; half <- qt(0.5 + level / 2, df) * sqrt(t)
  list(q = q, u = u, complete = if (is.finite(complete)) complete else NA, estimate = number(mean(q)), se = number(sqrt(t)), df = number(df),
       fmi = number((r + 2 / (df + 3)) / (r + 1)), lower = number(mean(q) - half), upper = number(mean(q) + half),
       p = number(2 * pt(-abs(mean(q)) / sqrt(t), df)))
}
q <- c(-0.551, -0.602, -0.487, -0.533, -0.571); u <- c(0.0281, 0.0279, 0.0290, 0.0275, 0.0284)

set <- "as lung.iptw: complete cases on ph.ecog, wt.loss; logistic female ~ age + ph.ecog + wt.loss"
hazard <- local({
  fit <- survfit(Surv(time, event) ~ 1, lung); total <- cumsum(fit$n.event / fit$n.risk)
  total[match(lung$time[1:12], fit$time)]
})
quantities <- list(
  quantity("lung.scores", "lung.csv", set, "glm(binomial)", scores),
  quantity("lung.overlap", "lung.csv", paste0(set, "; weights 1 - e (female), e (male)"), "coxph(weights =, robust = TRUE)", overlap),
  quantity("lung.treated", "lung.csv", paste0(set, "; weights 1 (female), e / (1 - e) (male)"), "coxph(weights =, robust = TRUE)",
           compared(ifelse(lung$female == 1, 1, e / (1 - e)))),
  quantity("lung.stabilised", "lung.csv", paste0(set, "; stabilised inverse-probability weights"), "coxph(weights =, robust = TRUE)",
           compared(ifelse(lung$female == 1, mean(lung$female) / e, (1 - mean(lung$female)) / (1 - e)))),
  quantity("lung.nelson_aalen", "lung.csv", "complete cases on ph.ecog, wt.loss; at the own time of the first 12 patients",
           "cumsum(n.event / n.risk) of survfit", list(hazard = number(hazard))),
  quantity("evalue", NULL, "RR = (1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1 / HR)) where the event is common, else HR; RR + sqrt(RR (RR - 1))",
           "the formulas of EValue::evalues.HR", list(cases = list(
             e_value(0.56, 0.46, 0.69, FALSE), e_value(0.56, 0.46, 0.69, TRUE), e_value(3.9, 1.8, 8.7, TRUE), e_value(1.4, 0.9, 2.2, FALSE),
             e_value(0.8, 0.5, 1.2, FALSE), e_value(2.5, 1.1, 5.7, FALSE)))),
  quantity("rubin", NULL, "Rubin 1987; Barnard and Rubin 1999", "the formulas of mice::pool.scalar",
           list(cases = list(rubin(q, u), rubin(q, u, 40), rubin(c(1.2, 0.3, 2.1), c(0.5, 0.4, 0.7), 12))))
)
cat(toJSON(list(generated_by = "weighting.R", R = R.version.string, packages = list(survival = as.character(packageVersion("survival"))),
                quantities = quantities), auto_unbox = TRUE, digits = NA, pretty = TRUE, na = "null", null = "null"), "\n")
