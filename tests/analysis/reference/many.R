# Groups that patients move between, with ties: what r_survival.json has no values of. Rscript many.R > many.json
suppressMessages({library(survival); library(jsonlite)})

raw <- read.csv("lung.csv")
# who is not in the first group passes into it at 30 * (age %% 11) days, where that is not 0: some after their own end, some at it
move <- ifelse(raw$sex != 2 & raw$age %% 11 > 0, 30 * (raw$age %% 11), NA)
made <- paste("event = (status == 2); first = (sex == 2); high = (age > 63); the others pass into the first group at 30 * (age mod 11) days",
              "if that is above 0; coarse: time = ceiling(time / 30), the move at age mod 11, for ties")
number <- function(x) signif(as.numeric(x), 13)

patients <- function(unit) data.frame(time = ceiling(raw$time / unit), event = raw$status == 2, first = raw$sex == 2, high = raw$age > 63,
                                      moves = move / unit)
split_at_move <- function(data) do.call(rbind, lapply(seq_len(nrow(data)), function(i) {
  row <- data[i, ]
  if (is.na(row$moves) || row$moves >= row$time) return(data.frame(start = 0, stop = row$time, ev = row$event, x = row$first, high = row$high))
  data.frame(start = c(0, row$moves), stop = c(row$moves, row$time), ev = c(FALSE, row$event), x = c(FALSE, TRUE), high = row$high)
}))
lung <- patients(30)
split <- split_at_move(lung)

cox <- function(fit) {
  table <- summary(fit)
  list(n = fit$n, events = fit$nevent, coef = number(coef(fit)), se = number(sqrt(diag(vcov(fit)))), loglik = number(fit$loglik[2]),
       hr = number(table$conf.int[, 1]), lower = number(table$conf.int[, 3]), upper = number(table$conf.int[, 4]))
}
control <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
moving <- coxph(Surv(start, stop, ev) ~ x, data = split, ties = "efron", control = control)
# in days, for the exact likelihood of many ties takes for ever; its score test needs no step
score <- coxph(Surv(start, stop, ev) ~ x, data = split_at_move(patients(1)), ties = "exact", control = coxph.control(iter.max = 0))$score
product <- coxph(Surv(start, stop, ev) ~ x * high, data = split, ties = "efron", control = control)
sum <- coxph(Surv(start, stop, ev) ~ x + high, data = split, ties = "efron", control = control)
fixed <- coxph(Surv(time, event) ~ first, data = lung, ties = "efron", control = control)
test <- survdiff(Surv(time, event) ~ first, data = lung)

entry <- function(id, call, values) list(id = id, dataset = "lung.csv", spec = made, r_call = call, values = values, rtol = 1e-6)
cat(toJSON(list(generated_by = "many.R", R = R.version.string, packages = as.character(packageVersion("survival")), quantities = list(
  entry("many.fixed", "coxph(Surv(time, event) ~ first, ties = 'efron'); survdiff(Surv(time, event) ~ first), coarse",
        c(cox(fixed), list(chisq = number(test$chisq), p = number(pchisq(test$chisq, 1, lower.tail = FALSE))))),
  entry("many.moving", "coxph(Surv(start, stop, ev) ~ x, ties = 'efron'), coarse", cox(moving)),
  entry("many.mantel_byar", "coxph(Surv(start, stop, ev) ~ x, ties = 'exact')$score, in days",
        list(chisq = number(score), p = number(pchisq(score, 1, lower.tail = FALSE)))),
  entry("many.moving.interaction", "coxph(Surv(start, stop, ev) ~ x * high, ties = 'efron') against x + high, coarse",
        c(cox(product), list(loglik_additive = number(sum$loglik[2]))))
)), auto_unbox = TRUE, digits = NA, pretty = TRUE))
