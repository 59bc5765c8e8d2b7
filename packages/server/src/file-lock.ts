export { type FileLock, type LockOutcome, takeFileLock } from "@kissbot/store";
